import type { EnvironmentId, Reach, Route } from "@cilo/api";
import { CiloError } from "@cilo/base";
import type { SelectQueryBuilder, Selectable } from "kysely";
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
  const query = withinReach(db.selectFrom("environments").selectAll("environments"), wanted);
  const row = await (wanted.isLocked === true ? query.forUpdate() : query).executeTakeFirst();
  if (row === undefined) throw noEnvironment(wanted.id);
  return row;
}

/** Leaves of a query for environments the one with the id, if it is within the caller's reach. */
export function withinReach<Row>(
  query: SelectQueryBuilder<Tables, "environments", Row>,
  { id, caller }: { readonly id: EnvironmentId; readonly caller: Caller },
): SelectQueryBuilder<Tables, "environments", Row> {
  const ofTeam = query.where("environments.id", "=", id).where("environments.teamId", "=", caller.teamId);
  return caller.scope === "ci" ? ofTeam.where("environments.keyId", "=", caller.keyId) : ofTeam;
}

export function noEnvironment(id: EnvironmentId): CiloError {
  return new CiloError("ENVIRONMENT_NOT_FOUND", `there is no environment ${id}`, {
    hint: "List them: cilo cloud list",
  });
}
