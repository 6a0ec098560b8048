import { type ServerStatus, environmentStatuses, machineStatuses } from "@cilo/api";
import { sql } from "kysely";
import type { Caller } from "./auth/keys.ts";
import type { Parts } from "./parts.ts";
import type { LastRun } from "./reconcilers/driver.ts";

/** Servers that have not been seen for so long are gone. */
const GONE_MS = 60_000;

export async function readStatus(
  parts: Parts,
  {
    caller,
    serverId,
    version,
    lastRuns,
    troubles,
  }: {
    readonly caller: Caller;
    readonly serverId: string;
    readonly version: string;
    readonly lastRuns: readonly LastRun[];
    readonly troubles: ServerStatus["troubles"];
  },
): Promise<ServerStatus> {
  const { db, clock } = parts;
  const team = await db
    .selectFrom("teams")
    .select(["id", "name"])
    .where("id", "=", caller.teamId)
    .executeTakeFirstOrThrow();
  const servers = await db
    .selectFrom("servers")
    .select(["id", "lastSeen"])
    .where("lastSeen", ">", new Date(clock.now() - GONE_MS))
    .orderBy("id")
    .execute();
  const machines = await countsBy(parts, "machines", sql`true`);
  const environments = await countsBy(parts, "environments", sql`team_id = ${caller.teamId}`);
  const ill = await db
    .selectFrom("machines")
    .select(["id", "name", "reason", "statusSince"])
    .where("status", "=", "unhealthy")
    .orderBy("name")
    .limit(100)
    .execute();
  return {
    version,
    team,
    key: { id: caller.keyId, name: caller.name, scope: caller.scope },
    servers: servers.map(({ id, lastSeen }) => ({ id, lastSeen: lastSeen.toISOString(), isThis: id === serverId })),
    machines: zeroed(machineStatuses, machines),
    environments: zeroed(environmentStatuses, environments),
    troubles: [
      ...troubles,
      ...ill.map(({ id, name, reason, statusSince }) => ({
        machineId: id,
        subject: `machine ${name}`,
        message: reason ?? "it does not answer",
        since: statusSince.toISOString(),
      })),
    ],
    reconcilers: lastRuns.map(({ name, lastRun, durationMs, result }) => ({
      name,
      lastRun: lastRun?.toISOString() ?? null,
      durationMs: durationMs === null ? null : Math.round(durationMs),
      result,
    })),
  };
}

async function countsBy(
  { db }: Parts,
  table: "machines" | "environments",
  where: ReturnType<typeof sql>,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*)::integer as count from ${sql.table(table)} where ${where} group by status`.execute(db);
  return new Map(rows.map(({ status, count }) => [status, count]));
}

function zeroed<Status extends string>(
  statuses: readonly Status[],
  counts: Map<string, number>,
): Record<Status, number> {
  const zeros: Partial<Record<Status, number>> = {};
  for (const status of statuses) zeros[status] = counts.get(status) ?? 0;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loop has just given every status a number
  return zeros as Record<Status, number>;
}
