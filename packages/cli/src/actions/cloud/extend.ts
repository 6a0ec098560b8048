import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { given } from "../../parameters.ts";

/** `cilo cloud extend` */
export default async function cloudExtend(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly ttl: number | undefined; readonly keep: boolean },
  name: string,
): Promise<Answer> {
  const { session, environment } = await cloudTarget(context, flags, name);
  const { deadline, deadlineReason } = await session.client.extendEnvironment({
    params: { id: environment.id },
    body: flags.keep ? { keep: true } : { ...given({ hours: flags.ttl ?? 8 }) },
    signal: context.signal,
  });
  return {
    data: { environment: name, deadline, deadlineReason },
    text: () =>
      deadline === null ? `${name} is kept` : `${name} stays until ${deadline} (${deadlineReason ?? "time limit"})`,
  };
}
