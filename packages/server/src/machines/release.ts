import type { MachineId } from "@cilo/api";
import type { Parts } from "../parts.ts";
import type { Queries } from "../store/database.ts";

/** After an environment left a machine: an empty one is ready again, and wiped first when it was somebody's alone. */
export async function releaseMachine(
  { parts, queries, now }: { parts: Parts; queries: Queries; now: Date },
  machine: { readonly id: MachineId; readonly wasExclusive: boolean },
): Promise<void> {
  const { id, wasExclusive } = machine;
  // Locked first, as an assignment does, so that none comes in between.
  const row = await queries.selectFrom("machines").select("status").where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined) return;
  const left = await queries
    .selectFrom("environments")
    .select("id")
    .where("machineId", "=", id)
    .where("status", "<>", "destroyed")
    .limit(1)
    .execute();
  if (left.length > 0) return;
  if (row.status === "assigned")
    await queries.updateTable("machines").set({ status: "ready", statusSince: now }).where("id", "=", id).execute();
  if (wasExclusive) await queries.updateTable("machines").set({ needsWipe: true }).where("id", "=", id).execute();
  if (wasExclusive || row.status === "draining") await parts.jobs.advanceMachine(queries, id);
}
