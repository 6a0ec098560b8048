import type { Change, SyncResult } from "../workspace/workspace.ts";
import { type UnappliedPaths, loadUnapplied, saveUnapplied } from "./applied.ts";
import { readProjectConfig } from "./config-file.ts";
import type { Located } from "./environments.ts";
import { prepareEnvFiles, treePair } from "./fill-workspace.ts";
import { isFolder, workspaceProjectDir, confinedTo } from "./source.ts";
import type { Work } from "./work.ts";

/** Source edits that came over, and those that did not. */
export interface Synced {
  readonly result: SyncResult;
  /** Came over now or earlier, and the engine has not been told. */
  readonly unapplied: UnappliedPaths;
}

/** What is said where there is no source to look at any more. */
const NOTHING: SyncResult = { applied: [], conflicts: [], workspaceOnly: [] };

/**
 * Brings source edits into the workspace. What was edited on both sides is reported and left. A source that is gone is
 * no failure: the environment lives on from its copy.
 */
export async function syncSource(work: Work, located: Located): Promise<Synced> {
  const { paths, record } = located;
  const before = await loadUnapplied(paths);
  if (!(await isFolder(record.sourceRoot))) {
    work.notify({
      code: "source-gone",
      message: `${record.sourceRoot} is not there any more; nothing was synced from it`,
    });
    return { result: NOTHING, unapplied: before };
  }
  const config = await readProjectConfig(workspaceProjectDir(paths, record), confinedTo(work.deps, paths.workspace));
  // Killed midway, the next command must take it that anything may have come over.
  await saveUnapplied(paths, "unknown");
  const { signal } = work.context;
  const result = await work.progress.phase("sync", () =>
    work.workspaces.syncTree({ ...treePair(work, located, config), dryRun: false, signal }),
  );
  const rendered = await prepareEnvFiles(work, located, config);
  const cameOver = [...result.applied.map((change) => change.path), ...rendered];
  const unapplied = before === "unknown" ? before : [...new Set([...before, ...cameOver])];
  await saveUnapplied(paths, unapplied);
  tellConflicts(work, result.conflicts);
  return { result, unapplied };
}

function tellConflicts(work: Work, conflicts: readonly Change[]): void {
  for (const { path } of conflicts)
    work.notify({
      code: "edited-on-both-sides",
      message: `${path} was edited in the source and in the workspace; the workspace's was left as it is`,
    });
}
