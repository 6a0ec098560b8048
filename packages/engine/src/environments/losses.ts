import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { readProjectConfig } from "./config-file.ts";
import type { Located } from "./environments.ts";
import { treePair } from "./fill-workspace.ts";
import { withoutGenerated } from "./generated.ts";
import { isFolder, workspaceProjectDir, confinedTo } from "./source.ts";
import type { Work } from "./work.ts";

/** How many files an error names. */
const NAMED = 3;

/**
 * Refuses to remove a workspace with work in it that is nowhere else: edits against the source as it was copied. What
 * git ignores (build outputs, dependencies, logs that containers wrote) is nobody's work, nor is what the hook wrote at
 * creation.
 *
 * @throws CiloError `WOULD_LOSE` naming the first files
 */
export async function refuseLosses(work: Work, located: Located): Promise<void> {
  const { record, paths } = located;
  if (!(await isFolder(paths.workspace))) return;
  const config = await readProjectConfig(workspaceProjectDir(paths, record), confinedTo(work.deps, paths.workspace));
  const { signal } = work.context;
  const changes = await work.workspaces.workspaceChanges({ ...treePair(work, located, config), signal });
  const edits = await withoutGenerated(paths, changes);
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
