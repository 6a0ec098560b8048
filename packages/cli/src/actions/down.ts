import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { withProgress } from "../operation.ts";

/** `cilo down` */
export default async function down(context: CiloContext, _flags: GlobalFlags, environment: string): Promise<Answer> {
  const { environments } = await context.wiring();
  await withProgress(context, async (operation) => await environments.down(environment, operation));
  return { data: { environment, state: "stopped" }, text: () => `${environment} is stopped; its data is kept` };
}
