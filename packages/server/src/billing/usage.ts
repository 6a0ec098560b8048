import type { EnvironmentId } from "@cilo/api";
import { sql } from "kysely";
import type { EnvironmentRow } from "../environments/reach.ts";
import { newId } from "../ids.ts";
import type { Queries } from "../store/database.ts";

/** From now the environment runs. One record at most is open per environment: done already is done. */
export async function openUsage(db: Queries, row: Pick<EnvironmentRow, "id" | "teamId">, now: Date): Promise<void> {
  await db
    .insertInto("usageRecords")
    .values({
      id: newId.usageRecord(),
      teamId: row.teamId,
      environmentId: row.id,
      startTime: now,
      endTime: null,
      durationSec: null,
    })
    .onConflict((conflict) => conflict.column("environmentId").where("endTime", "is", null).doNothing())
    .execute();
}

/** From now it does not run. Done already is done. */
export async function closeUsage(db: Queries, id: EnvironmentId, now: Date): Promise<void> {
  await db
    .updateTable("usageRecords")
    .set({
      endTime: now,
      durationSec: sql<number>`greatest(0, extract(epoch from ${now}::timestamptz - start_time))::integer`,
    })
    .where("environmentId", "=", id)
    .where("endTime", "is", null)
    .execute();
}
