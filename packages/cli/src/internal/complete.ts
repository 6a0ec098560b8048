import { proposeCompletions } from "@stricli/core";
import { application } from "../application.ts";
import type { CiloContext } from "../context.ts";

/** Prints what the last word may become, one proposal a line, with what it means after a tab. */
export default async function complete(context: CiloContext, args: readonly string[]): Promise<number> {
  const words = args[0] === "--" ? args.slice(1) : args;
  try {
    const proposals = await proposeCompletions(application, words, { ...context, words });
    for (const { completion, brief } of proposals)
      if (completion !== "--") context.streams.stdout.write(`${completion}\t${brief}\n`);
    return 0;
  } catch {
    // A line that cannot be read has no completions; a shell must not be disturbed by messages about it.
    return 0;
  }
}
