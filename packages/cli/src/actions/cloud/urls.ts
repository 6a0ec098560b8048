import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudStatus } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { urlsAnswer } from "../urls.ts";

/** `cilo cloud urls` */
export default async function cloudUrls(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  return urlsAnswer((await cloudStatus(context, flags, name)).status);
}
