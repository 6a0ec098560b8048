import { type InputCompletion, proposeCompletions } from "@stricli/core";
import { application } from "../application.ts";
import type { CiloContext } from "../context.ts";

/** Prints what the last word may become, one proposal a line, with what it means after a tab. */
export default async function complete(context: CiloContext, args: readonly string[]): Promise<number> {
  const words = args[0] === "--" ? args.slice(1) : args;
  try {
    const proposals = await proposeCompletions(application(), words, { ...context, words });
    for (const { completion, brief } of chosen(proposals, words.at(-1) ?? ""))
      context.streams.stdout.write(`${completion}\t${brief}\n`);
    return 0;
  } catch {
    // A line that cannot be read has no completions; a shell must not be disturbed by messages about it.
    return 0;
  }
}

/** Flags only where one is begun, or where there is nothing else. */
function chosen(proposals: readonly InputCompletion[], partial: string): readonly InputCompletion[] {
  const values = proposals.filter(({ completion }) => !completion.startsWith("-"));
  return partial.startsWith("-") || values.length === 0
    ? proposals.filter(({ completion }) => completion !== "--")
    : values;
}
