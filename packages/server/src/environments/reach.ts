import type { EnvironmentId, Reach, Route } from "@cilo/api";
import { CiloError } from "@cilo/base";
import type { Selectable } from "kysely";
import type { Caller } from "../auth/keys.ts";
import type { Queries } from "../store/database.ts";
import type { Tables } from "../store/tables.ts";

export type EnvironmentRow = Selectable<Tables["environments"]>;

/** How far the caller's scope reaches on this route; the table is the contract's. */
export function reachOf(route: Route, caller: Caller): Reach {
  return route.access.kind === "key" ? route.access.reach[caller.scope] : "none";
}

/**
 * The environment, when it is within the caller's reach: its team's, for `ci` those it created itself.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND` for what is not there and for what is not the caller's alike
 */
export async function environmentFor(
  db: Queries,
  wanted: { readonly id: EnvironmentId; readonly caller: Caller; readonly isLocked?: boolean },
): Promise<EnvironmentRow> {
  const { id, caller } = wanted;
  const query = db
    .selectFrom("environments")
    .selectAll()
    .where("id", "=", id)
    .where("teamId", "=", caller.teamId)
    .$if(caller.scope === "ci", (own) => own.where("keyId", "=", caller.keyId))
    .$if(wanted.isLocked === true, (locked) => locked.forUpdate());
  const row = await query.executeTakeFirst();
  if (row !== undefined) return row;
  throw new CiloError("ENVIRONMENT_NOT_FOUND", `there is no environment ${id}`, { hint: "List them: cilo cloud list" });
}
