import { type AgentHealth, Service } from "@cilo/api";
import { mapLimit } from "@cilo/base";
import { sql } from "kysely";
import type { MachineRow } from "../machines/service.ts";
import type { Parts } from "../parts.ts";
import { announce } from "../store/changes.ts";
import { openUsage } from "../billing/usage.ts";
import type { Reconciler } from "./driver.ts";

const CALL_MS = 5000;
const AT_ONCE = 64;
/** One lost call is no illness: a machine is unhealthy when it has not answered for so long. */
const SILENT_MS = 15_000;

/**
 * Asks every machine how it is. One that does not answer becomes `unhealthy` and its environments `degraded`; when it
 * is back, both become what they were. What an agent says of its environments is taken over: services, use, health.
 */
export function healthReconciler(parts: Parts, everyMs: number): Reconciler {
  return {
    name: "health",
    everyMs,
    runs: "once",
    run: async (signal) => {
      const machines = await parts.db
        .selectFrom("machines")
        .selectAll()
        .where("wgPublicKey", "is not", null)
        .where("status", "in", ["ready", "assigned", "unhealthy", "draining"])
        .execute();
      const answers = await mapLimit(
        machines,
        { limit: AT_ONCE, signal },
        async (machine) => await look(parts, machine, signal),
      );
      const reachable = answers.filter(Boolean).length;
      return `${reachable} of ${machines.length} machines answer`;
    },
  };
}

async function look(parts: Parts, machine: MachineRow, signal: AbortSignal): Promise<boolean> {
  const asked = await ask(parts, machine, signal);
  if (asked.health === undefined) {
    await notAnswering(parts, machine, asked.reason);
    return false;
  }
  await answering(parts, machine, asked.health);
  return true;
}

async function ask(
  parts: Parts,
  machine: MachineRow,
  signal: AbortSignal,
): Promise<{ health: AgentHealth } | { health: undefined; reason: string }> {
  try {
    return {
      health: await parts.agents
        .of(machine)
        .health({ signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]) }),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error && error.name !== "TimeoutError" ? error.message : "no answer in time";
    return { health: undefined, reason };
  }
}

async function notAnswering(parts: Parts, machine: MachineRow, reason: string): Promise<void> {
  const now = new Date(parts.clock.now());
  const silentMs = now.getTime() - (machine.lastSeen ?? machine.statusSince).getTime();
  if (machine.status === "unhealthy" || silentMs < SILENT_MS) return;
  await parts.db.transaction().execute(async (db) => {
    await db
      .updateTable("machines")
      .set({ status: "unhealthy", statusSince: now, reason })
      .where("id", "=", machine.id)
      .where("status", "=", machine.status)
      .execute();
    const degraded = await db
      .updateTable("environments")
      .set({ status: "degraded", statusSince: now, reason: `machine ${machine.name} does not answer` })
      .where("machineId", "=", machine.id)
      .where("status", "=", "running")
      .returning("id")
      .execute();
    for (const { id } of degraded)
      await announce(db, {
        kind: "environment",
        environmentId: id,
        message: `machine ${machine.name} does not answer`,
        status: "degraded",
      });
  });
}

async function answering(parts: Parts, machine: MachineRow, health: AgentHealth): Promise<void> {
  const now = new Date(parts.clock.now());
  const isEngineThere = health.engine.isReachable;
  await parts.db.transaction().execute(async (db) => {
    if (!isEngineThere && machine.status !== "unhealthy")
      await db
        .updateTable("machines")
        .set({
          status: "unhealthy",
          statusSince: now,
          reason: health.engine.reason ?? `${health.engine.name} does not answer`,
        })
        .where("id", "=", machine.id)
        .execute();
    if (isEngineThere && machine.status === "unhealthy")
      await sql`update machines set status_since = ${now}, reason = null, status = case when exists (
          select from environments e where e.machine_id = machines.id and e.status <> 'destroyed') then 'assigned' else 'ready' end
        where id = ${machine.id} and status = 'unhealthy'`.execute(db);
    await db.updateTable("machines").set({ lastSeen: now }).where("id", "=", machine.id).execute();
  });
  for (const told of health.environments) await takeOver(parts, machine, told);
}

type Told = AgentHealth["environments"][number];

async function takeOver(parts: Parts, machine: MachineRow, told: Told): Promise<void> {
  const now = new Date(parts.clock.now());
  await parts.db.transaction().execute(async (db) => {
    const row = await db
      .selectFrom("environments")
      .selectAll()
      .where("id", "=", told.environmentId)
      .where("machineId", "=", machine.id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || row.status === "destroyed") return;
    const lastActive = new Date(
      Math.min(now.getTime(), Math.max(row.lastActive.getTime(), Date.parse(told.activity.lastActive))),
    );
    await db
      .updateTable("environments")
      .set({ lastActive, payloadBytes: told.activity.payloadBytes })
      .where("id", "=", row.id)
      .execute();
    // While an operation is under way, its end says what the environment is.
    const status = row.operation === null ? statusAfter(row.status, told) : undefined;
    if (status === undefined) return;
    const reason = status === "running" ? null : (told.reason ?? reasonFor(told));
    const services = told.services.map((service) => Service.parse(service));
    await db
      .updateTable("environments")
      .set({
        status,
        reason,
        ...(status === row.status ? {} : { statusSince: now }),
        ...(services.length === 0 ? {} : { services: JSON.stringify(services) }),
      })
      .where("id", "=", row.id)
      .execute();
    if (status === row.status) return;
    if (status === "running") await openUsage(db, row, now);
    await announce(db, { kind: "environment", environmentId: row.id, message: reason ?? `now ${status}`, status });
  });
}

/** What the environment is, going by its machine; undefined where the machine's word changes nothing. */
function statusAfter(status: string, told: Told): "running" | "degraded" | undefined {
  const isUp = status === "running" || status === "degraded";
  switch (told.state) {
    case "running":
      return isUp || status === "stopped" ? "running" : undefined;
    case "degraded":
    case "failed":
    case "absent":
    case "prepared":
      return isUp ? "degraded" : undefined;
    case "stopped":
      return isUp ? "degraded" : undefined;
    case "working":
      return undefined;
  }
}

function reasonFor(told: Told): string {
  if (told.state === "stopped") return "its services were stopped on the machine";
  if (told.state === "absent" || told.state === "prepared") return "the machine has lost it";
  return "a service does not run as it should";
}
