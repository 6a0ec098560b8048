import type { Machine } from "@cilo/api";
import type { Answer, GlobalFlags } from "../../../answer.ts";
import { everyPage } from "../../../cloud/pages.ts";
import { type CloudSession, type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { stateText } from "../../../environment-text.ts";
import { table } from "../../../table.ts";

/** `cilo cloud machines list` */
export default async function listMachines(context: CiloContext, flags: GlobalFlags & ServerFlag): Promise<Answer> {
  const machines = await allMachines(context, await openSession(context, flags));
  return {
    data: { machines },
    text: (style) =>
      table([
        ["NAME", "STATE", "ENVIRONMENTS", "ENGINE", "ADDRESS", ""].map(style.dim),
        ...machines.map((machine) => [
          style.bold(machine.name),
          stateText(machine.status, style),
          `${machine.environments}/${machine.capacity.environments}`,
          machine.engine ?? "none yet",
          machine.publicIp,
          machine.reason ?? "",
        ]),
      ]),
  };
}

export async function allMachines(context: CiloContext, session: CloudSession): Promise<Machine[]> {
  const { signal } = context;
  return await everyPage(async (cursor) => session.client.listMachines({ query: { limit: 200, ...cursor }, signal }));
}
