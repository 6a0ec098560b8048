import { CreateKeyRequest, DisplayName, KeyScope, type TeamId } from "@cilo/api";
import { CiloError } from "@cilo/base";
import * as z from "zod";
import { insertKey, insertTeam } from "../auth/service.ts";
import { ServerCode } from "../errors.ts";
import type { Store } from "../store/database.ts";
import { json, maybe, serverCommand, text } from "./command.ts";
import { print } from "./context.ts";
import { withStore } from "./with-store.ts";

export const createTeamCommand = serverCommand<{ name: string; json?: boolean }>({
  brief: "Create a team",
  parameters: { flags: { name: text("Name of the team"), json } },
  act: async (context, { name, json: isJson = false }) => {
    const checked = check(DisplayName, { value: name, flag: "--name" });
    const team = await withStore(context, async ({ db }) => await insertTeam(db, { name: checked, now: new Date() }));
    print(context, { isJson, data: team, lines: [`Team ${team.name} (${team.id})`] });
  },
});

export const listTeamsCommand = serverCommand<{ json?: boolean }>({
  brief: "List the teams",
  parameters: { flags: { json } },
  act: async (context, { json: isJson = false }) => {
    const teams = await withStore(
      context,
      async ({ db }) => await db.selectFrom("teams").selectAll().orderBy("name").execute(),
    );
    print(context, { isJson, data: { teams }, lines: teams.map(({ name, id }) => `${name}  ${id}`) });
  },
});

export const createKeyCommand = serverCommand<{
  team?: string;
  scope: string;
  name: string;
  expires?: string;
  json?: boolean;
}>({
  brief: "Create a key of a team. It is shown once",
  parameters: {
    flags: {
      team: maybe("Name of the team. Default: default"),
      scope: text("admin, developer or ci"),
      name: text("The person, or what the key is for"),
      expires: maybe("When it ends, as 2027-01-01T00:00:00Z"),
      json,
    },
  },
  act: async (context, { team = "default", scope, name, expires, json: isJson = false }) => {
    const wanted = {
      scope: check(KeyScope, { value: scope, flag: "--scope" }),
      name: check(DisplayName, { value: name, flag: "--name" }),
      expiresAt:
        expires === undefined
          ? null
          : new Date(check(CreateKeyRequest.shape.expiresAt, { value: expires, flag: "--expires" }) ?? 0),
    };
    const created = await withStore(
      context,
      async (store) => await insertKey(store.db, { ...wanted, teamId: await teamCalled(store, team), now: new Date() }),
    );
    print(context, { isJson, data: created, lines: [created.key] });
  },
});

/** The checked value of a flag. @throws CiloError `USAGE` */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  { value, flag }: { value: unknown; flag: string },
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const message = result.error.issues[0]?.message ?? "not valid";
  throw new CiloError("USAGE", `${flag}: ${message}`, { hint: "See --help" });
}

async function teamCalled({ db }: Store, name: string): Promise<TeamId> {
  const team = await db.selectFrom("teams").select("id").where("name", "=", name).executeTakeFirst();
  if (team !== undefined) return team.id;
  throw new CiloError(ServerCode.teamNotFound, `there is no team called ${name}`, {
    hint: `Create it: cilo-server admin create-team --name ${name}`,
  });
}
