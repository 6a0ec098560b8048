import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { didSomething, withProgress } from "../operation.ts";
import { planAnswer } from "../plan-answer.ts";
import { upAnswer } from "../up-answer.ts";
import { type UpFlags, upRequest } from "../up-request.ts";

/** `cilo up` */
export default async function up(
  context: CiloContext,
  flags: GlobalFlags & UpFlags & { readonly dryRun: boolean },
  environment: string,
): Promise<Answer> {
  const { environments, advice } = await context.wiring();
  const request = upRequest(context, environment, flags);
  if (flags.dryRun)
    return planAnswer(await withProgress(context, async (operation) => await environments.plan(request, operation)));
  const result = await withProgress(
    context,
    async (operation) => await environments.up(request, operation),
    didSomething,
  );
  for (const text of await advice()) context.output.notice(text);
  return upAnswer(result);
}
