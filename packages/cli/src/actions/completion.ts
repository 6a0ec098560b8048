import type { Answer, GlobalFlags } from "../answer.ts";
import { completionScript } from "../completion/scripts.ts";
import type { Shell } from "../completion/shells.ts";
import type { CiloContext } from "../context.ts";

/** `cilo completion` */
export default async function completion(_context: CiloContext, _flags: GlobalFlags, shell: Shell): Promise<Answer> {
  const script = completionScript(shell);
  return await Promise.resolve({ data: { shell, script }, text: () => script.trimEnd() });
}
