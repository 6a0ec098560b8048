import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { hostnamesAnswer } from "./list.ts";

/** `cilo hostnames remove` */
export default async function removeHostname(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
  service: string,
  hostname: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const { signal } = context;
  const status = await environments.changeHostnames(environment, { remove: { service, hostname } }, { signal });
  return hostnamesAnswer(status);
}
