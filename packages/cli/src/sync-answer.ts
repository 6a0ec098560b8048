import type { Change, SyncResult } from "@cilo/engine";
import type { Answer } from "./answer.ts";
import type { Style } from "./style.ts";

const MARKS: Readonly<Record<Change["kind"], string>> = { added: "A", changed: "M", removed: "D" };

/** What `sync` and `merge` answer. */
export function syncAnswer(
  environment: string,
  result: SyncResult,
  options: { readonly dryRun: boolean; readonly into: "workspace" | "source" },
): Answer {
  const data = { environment, dryRun: options.dryRun, into: options.into, ...result };
  return { data, text: (style) => text(data, style) };
}

function text(data: SyncResult & { readonly dryRun: boolean; readonly into: string }, style: Style): string {
  const { applied, conflicts } = data;
  const verb = data.dryRun ? "would come" : "came";
  return [
    applied.length === 0 ? `nothing ${verb} into the ${data.into}` : `${verb} into the ${data.into}:`,
    ...changeLines(applied, style),
    ...(conflicts.length === 0 ? [] : [`edited on both sides, left as they are in the ${data.into}:`]),
    ...changeLines(conflicts, style),
  ].join("\n");
}

/** `M  path`, one a line. */
export function changeLines(changes: readonly Change[], style: Style): string[] {
  const colours = { added: style.green, changed: style.yellow, removed: style.red };
  return changes.map(({ kind, path }) => `  ${colours[kind](MARKS[kind])}  ${path}`);
}
