import type { CommandContext } from "@stricli/core";
import type { Variables } from "../config.ts";

/** What a command of `cilo-server` is given; nothing else reads the process. */
export interface ServerContext extends CommandContext {
  readonly variables: Variables;
  readonly signal: AbortSignal;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Tells why the command failed. */
  readonly fail: (error: unknown) => void;
}

/** Answers data: as JSON where that is asked for, else as the lines given. */
export function print(
  context: ServerContext,
  answer: { readonly isJson: boolean; readonly data: unknown; readonly lines: readonly string[] },
): void {
  const shown = answer.isJson ? JSON.stringify(answer.data, undefined, 2) : answer.lines.join("\n");
  if (shown !== "") context.stdout(`${shown}\n`);
}
