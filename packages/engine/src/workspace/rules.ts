import ignore from "ignore";
import { join } from "node:path";
import { readFileIfThere } from "@cilo/base";
import { type RawPath, shown } from "./raw-path.ts";
import type { CopyRules } from "./workspace.ts";

/** True for what is not copied. `path` is relative to the root. */
export type LeavesOut = (path: RawPath, kind: "folder" | "other") => boolean;

/** Everything is copied but what `.ciloignore` at the tree's top, then the config, leaves out (gitignore syntax). */
export async function compileRules(sourceRoot: string, rules: CopyRules): Promise<LeavesOut> {
  const own = await readFileIfThere(join(sourceRoot, ".ciloignore"));
  const patterns = [...(own ?? "").split(/\r?\n/u), ...rules.ignore, ...rules.dotDirs.map(folderPattern)];
  const written = patterns.filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (written.length === 0) return () => false;
  const matcher = ignore().add(written);
  return (path, kind) => matcher.ignores(kind === "folder" ? `${shown(path)}/` : shown(path));
}

/** `name` leaves a folder out wherever it is, `!name` takes it in again. */
function folderPattern(name: string): string {
  return `${name.replace(/\/+$/u, "")}/`;
}
