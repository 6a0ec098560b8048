import { readFileIfThere, writeFileAtomic } from "@cilo/base";
import type { Step } from "./step.ts";

/** What earlier runs in this checkout changed on the system, so that any later one can say how to take it back. */
const file = ".cache/undo";

/** Commands that take back what was changed on the system, the last change first. */
export async function undoCommands(): Promise<string[]> {
  return ((await readFileIfThere(file)) ?? "").split("\n").filter(Boolean).toReversed();
}

/** Remembers how to take the step back. */
export async function rememberUndo(step: Step): Promise<void> {
  const known = ((await readFileIfThere(file)) ?? "").split("\n").filter((line) => line !== "" && line !== step.undo);
  await writeFileAtomic(file, [...known, step.undo, ""].join("\n"), { mode: 0o644 });
}
