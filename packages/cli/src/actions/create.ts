import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { didSomething, withProgress } from "../operation.ts";
import { upAnswer } from "../up-answer.ts";
import { type CreateFlags, upRequest } from "../up-request.ts";

/** `cilo create` */
export default async function create(
  context: CiloContext,
  flags: GlobalFlags & CreateFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const request = upRequest(context, environment, flags);
  return upAnswer(
    await withProgress(context, async (operation) => await environments.create(request, operation), didSomething),
  );
}
