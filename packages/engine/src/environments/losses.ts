import { join, posix } from "node:path";
import { CiloError, readFileIfThere } from "@cilo/base";
import ignore, { type Ignore } from "ignore";
import { EngineCode } from "../errors.ts";
import type { Change } from "../workspace/workspace.ts";
import { readProjectConfig } from "./config-file.ts";
import type { Located } from "./environments.ts";
import { treePair } from "./fill-workspace.ts";
import { withoutGenerated } from "./generated.ts";
import { isFolder, workspaceProjectDir } from "./source.ts";
import type { Work } from "./work.ts";

/** How many files an error names. */
const NAMED = 3;

/**
 * Refuses to remove a workspace with work in it that is nowhere else: edits against the source as it was copied. What
 * the project's `.gitignore` files leave out (build outputs, dependencies, logs that containers wrote) is nobody's work,
 * nor is what Cilo or the hook wrote at creation.
 *
 * @throws CiloError `WOULD_LOSE` naming the first files
 */
export async function refuseLosses(work: Work, located: Located): Promise<void> {
  const { record, paths } = located;
  if (!(await isFolder(paths.workspace))) return;
  const config = await readProjectConfig(workspaceProjectDir(paths, record));
  const { signal } = work.context;
  const changes = await work.workspaces.workspaceChanges({ ...treePair(work, located, config), signal });
  const edits = await withoutIgnored(paths.workspace, await withoutGenerated(paths, changes));
  if (edits.length === 0) return;
  const named = edits.slice(0, NAMED).map((edit) => edit.path);
  const more = edits.length > NAMED ? ` and ${edits.length - NAMED} more` : "";
  const { environment } = record;
  throw new CiloError(
    EngineCode.wouldLose,
    `the workspace of ${environment} has edits that are nowhere else: ${named.join(", ")}${more}`,
    { hint: `Bring them home (cilo merge ${environment}), keep them (--keep-workspace), or let them go (--force)` },
  );
}

/** The changes without those that a `.gitignore` on the way to them leaves out, as git reads them. */
export async function withoutIgnored(workspace: string, changes: readonly Change[]): Promise<Change[]> {
  const rules = new Map<string, Promise<Ignore | undefined>>();
  const rulesOf = (folder: string): Promise<Ignore | undefined> => {
    const known = rules.get(folder) ?? readRules(join(workspace, folder, ".gitignore"));
    rules.set(folder, known);
    return known;
  };
  const isIgnored = await Promise.all(changes.map((change) => isLeftOut(change.path, rulesOf)));
  return changes.filter((_, index) => isIgnored[index] !== true);
}

async function readRules(path: string): Promise<Ignore | undefined> {
  const text = await readFileIfThere(path);
  return text === undefined ? undefined : ignore().add(text);
}

/** The nearest `.gitignore` that says something decides; a folder left out takes all in it along. */
async function isLeftOut(path: string, rulesOf: (folder: string) => Promise<Ignore | undefined>): Promise<boolean> {
  const parts = path.split("/");
  for (let length = 1; length <= parts.length; length += 1) {
    const part = parts.slice(0, length).join("/") + (length < parts.length ? "/" : "");
    if (await isNamed(part, rulesOf)) return true;
  }
  return false;
}

async function isNamed(path: string, rulesOf: (folder: string) => Promise<Ignore | undefined>): Promise<boolean> {
  let folder = posix.dirname(path.replace(/\/$/u, ""));
  for (; ; folder = posix.dirname(folder)) {
    const place = folder === "." ? path : path.slice(folder.length + 1);
    const verdict = (await rulesOf(folder))?.test(place);
    if (verdict?.ignored === true) return true;
    if (verdict?.unignored === true || folder === ".") return false;
  }
}
