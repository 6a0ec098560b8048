import type { WorkbenchCommand } from "../../spec/workbench.ts";

export interface CommandLine {
  /** Of several that run at the same time, which. */
  readonly name: string | undefined;
  /** A program with its arguments; a text is a shell's. */
  readonly argv: readonly [file: string, ...args: string[]];
}

/** What a command runs, all of it at the same time. */
export function commandLines(command: WorkbenchCommand): CommandLine[] {
  if (typeof command === "string") return [{ name: undefined, argv: ["/bin/sh", "-c", command] }];
  if (!Array.isArray(command))
    return Object.entries(command).flatMap(([name, line]) => commandLines(line).map(({ argv }) => ({ name, argv })));
  const [file, ...args] = command;
  return file === undefined ? [] : [{ name: undefined, argv: [file, ...args] }];
}
