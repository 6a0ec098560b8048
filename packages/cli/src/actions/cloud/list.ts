import type { Environment } from "@cilo/api";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { everyPage } from "../../cloud/pages.ts";
import { listCloudRecords } from "../../cloud/record.ts";
import { type ServerFlag, openSession } from "../../cloud/session.ts";
import { cloudData } from "../../cloud/view.ts";
import type { CiloContext } from "../../context.ts";
import { stateText } from "../../environment-text.ts";
import { homeRoot } from "../../home-root.ts";
import { table } from "../../table.ts";

/** `cilo cloud list` */
export default async function cloudList(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly all: boolean },
): Promise<Answer> {
  const session = await openSession(context, flags);
  const { signal } = context;
  const environments = await everyPage(async (cursor) =>
    session.client.listEnvironments({ query: { limit: 200, ...cursor }, signal }),
  );
  const home = homeRoot(context);
  const records = await listCloudRecords(home);
  const { deps } = await context.wiring();
  const shown = environments.filter(({ status }) => flags.all || (status !== "destroying" && status !== "destroyed"));
  const rows = shown.map((environment) => {
    const record = records.find(({ id }) => id === environment.id);
    const suffix = record?.suffix ?? deps.defaultSuffix;
    return cloudData({ home, server: session.url, environment, record, suffix });
  });
  return {
    data: { environments: rows },
    text: (style) =>
      rows.length === 0
        ? "There is no environment on the server yet. Make one in a project folder: cilo cloud up <env>"
        : table([
            ["ENVIRONMENT", "PROJECT", "STATE", "SERVICES", "BY", "UNTIL", ""].map(style.dim),
            ...rows.map((row) => [
              style.bold(row.environment),
              row.project,
              stateText(row.status, style),
              String(row.services.length),
              row.createdBy,
              untilText(row.deadline),
              row.connected ? "connected" : "",
            ]),
          ]),
  };
}

function untilText(deadline: Environment["deadline"]): string {
  return deadline === null ? "kept" : deadline.slice(0, 16).replace("T", " ");
}
