import { run } from "@cilo/base";
import type { Answer } from "./answer.ts";
import { ANY_STATUS } from "./any-status.ts";
import type { CiloContext } from "./context.ts";

/** What a command of ours writes: the engine's program writes to the streams of its process, so it gets one of its own. */
export async function captured(context: CiloContext, words: readonly string[]): Promise<Answer> {
  const [file, ...args] = context.self;
  const { signal, env, cwd } = context;
  const data = await run(file, [...args, ...words], { signal, env, cwd, expect: ANY_STATUS });
  return { data, text: () => "", exitCode: data.exitCode };
}
