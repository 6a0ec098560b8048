import type { Answer, GlobalFlags } from "../../answer.ts";
import { type ServerFlag, openSession } from "../../cloud/session.ts";
import type { CiloContext } from "../../context.ts";

/** `cilo cloud whoami` */
export default async function cloudWhoami(context: CiloContext, flags: GlobalFlags & ServerFlag): Promise<Answer> {
  const session = await openSession(context, flags);
  const { team, key, version } = await session.client.serverStatus({ signal: context.signal });
  return {
    data: { server: session.url, version, team: team.name, key: key.name, scope: key.scope },
    text: () => `${key.name} of ${team.name} (${key.scope}) on ${session.url}`,
  };
}
