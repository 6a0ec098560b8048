import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { withProgress } from "../operation.ts";
import { syncAnswer } from "../sync-answer.ts";

/** `cilo merge` */
export default async function merge(
  context: CiloContext,
  { dryRun }: GlobalFlags & { readonly dryRun: boolean },
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const result = await withProgress(
    context,
    async (operation) => await environments.merge(environment, { dryRun }, operation),
  );
  return syncAnswer(environment, result, { dryRun, into: "source" });
}
