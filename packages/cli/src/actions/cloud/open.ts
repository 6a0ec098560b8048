import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudStatus } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { openUrl } from "../open.ts";

/** `cilo cloud open` */
export default async function cloudOpen(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
  service: string | undefined,
): Promise<Answer> {
  return await openUrl(context, (await cloudStatus(context, flags, name)).status, service);
}
