import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { changeLines } from "../sync-answer.ts";

/** `cilo diff` */
export default async function diff(
  context: CiloContext,
  _flags: GlobalFlags & { readonly nameOnly: boolean },
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const changes = await environments.changes(environment, { signal: context.signal });
  return {
    data: { environment, changes },
    text: (style) => changeLines(changes, style).join("\n"),
  };
}
