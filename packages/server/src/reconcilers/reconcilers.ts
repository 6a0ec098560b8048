import { newId } from "../ids.ts";
import type { Parts } from "../parts.ts";
import { deadlineOf } from "../environments/deadline.ts";
import { announce } from "../store/changes.ts";
import { closeUsage } from "../billing/usage.ts";
import { removeFromMachines } from "../wireguard/leases.ts";
import type { Reconciler } from "./driver.ts";
import { healthReconciler } from "./health.ts";

const BATCH = 500;
/** A job was lost when nothing has carried an operation on for so long. Asking for one more is harmless. */
const STUCK_MS = 20_000;
const IDEMPOTENCY_MS = 24 * 3_600_000;

export interface Periods {
  readonly healthMs: number;
  readonly idleMs: number;
  readonly stuckMs: number;
}

/** Everything that keeps the database and the machines together while nobody asks. */
export function reconcilersOf(parts: Parts, periods: Periods): Reconciler[] {
  const { db, clock, limits } = parts;
  const now = (): Date => new Date(clock.now());
  return [
    healthReconciler(parts, periods.healthMs),
    {
      name: "idle",
      everyMs: periods.idleMs,
      runs: "once",
      run: async () => {
        const rows = await db
          .selectFrom("environments")
          .selectAll()
          .where("operation", "is", null)
          .where("status", "not in", ["destroying", "destroyed"])
          .orderBy("lastActive")
          .limit(BATCH)
          .execute();
        let count = 0;
        for (const row of rows) {
          const deadline = deadlineOf(row, limits);
          if (deadline === undefined || deadline.at > now()) continue;
          count += 1;
          await end(parts, row.id, deadline);
        }
        return `${count} environments were at their deadline`;
      },
    },
    {
      name: "stuck",
      everyMs: periods.stuckMs,
      runs: "once",
      run: async () => {
        const before = new Date(clock.now() - STUCK_MS);
        const rows = await db
          .selectFrom("environments")
          .select("id")
          .where("operation", "is not", null)
          .where("operationSince", "<", before)
          .limit(BATCH)
          .execute();
        for (const { id } of rows) await parts.jobs.advance(db, id);
        const machines = await db
          .selectFrom("machines")
          .select("id")
          .where((is) =>
            is.or([is("status", "in", ["registering", "provisioning", "destroying"]), is("needsWipe", "=", true)]),
          )
          .where("statusSince", "<", before)
          .limit(BATCH)
          .execute();
        for (const { id } of machines) await parts.jobs.advanceMachine(db, id);
        return `${rows.length} environments and ${machines.length} machines have work to do`;
      },
    },
    {
      name: "leases",
      everyMs: 30_000,
      runs: "once",
      run: async () => `${await removeFromMachines(parts)} peers were taken off`,
    },
    {
      name: "usage",
      everyMs: 60_000,
      runs: "once",
      run: async () => {
        const open = await db
          .selectFrom("usageRecords")
          .innerJoin("environments", "environments.id", "usageRecords.environmentId")
          .select("environments.id")
          .where("endTime", "is", null)
          .where("status", "in", ["stopped", "failed", "destroyed"])
          .limit(BATCH)
          .execute();
        for (const { id } of open) await closeUsage(db, id, now());
        await db
          .deleteFrom("idempotencyKeys")
          .where("createdAt", "<", new Date(clock.now() - IDEMPOTENCY_MS))
          .execute();
        return `${open.length} records were closed`;
      },
    },
  ];
}

async function end(
  parts: Parts,
  id: Parameters<Parts["jobs"]["advance"]>[1],
  deadline: { what: "stop" | "destroy"; reason: string },
): Promise<void> {
  const now = new Date(parts.clock.now());
  await parts.db.transaction().execute(async (db) => {
    const changed = await db
      .updateTable("environments")
      .set({
        operation: deadline.what,
        operationId: newId.operation(),
        operationSince: now,
        reason: deadline.reason,
        ...(deadline.what === "destroy" ? { status: "destroying", statusSince: now } : {}),
      })
      .where("id", "=", id)
      .where("operation", "is", null)
      .returning("status")
      .executeTakeFirst();
    if (changed === undefined) return;
    await announce(db, { kind: "environment", environmentId: id, message: deadline.reason, status: changed.status });
    await parts.jobs.advance(db, id);
  });
}
