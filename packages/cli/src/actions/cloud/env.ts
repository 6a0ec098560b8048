import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudStatus } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { variablesAnswer } from "../env.ts";

/** `cilo cloud env` */
export default async function cloudEnv(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  return variablesAnswer((await cloudStatus(context, flags, name)).status);
}
