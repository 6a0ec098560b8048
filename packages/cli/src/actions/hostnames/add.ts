import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { hostnamesAnswer } from "./list.ts";

/** `cilo hostnames add` */
export default async function addHostname(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
  service: string,
  hostname: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const { signal } = context;
  const status = await environments.changeHostnames(environment, { add: { service, hostname } }, { signal });
  return hostnamesAnswer(status);
}
