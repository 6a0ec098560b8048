import { join } from "node:path";
import { type OperationContext, type SyncResult, prepareOffloadedCopy, readOffloadedProject } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { parsers } from "../parsers.ts";
import { sourcedRecord } from "./sourced.ts";

/** Brings the source's edits into the local copy. What was edited on both sides is left and answered. */
export async function refreshCopy(
  context: CiloContext,
  operation: OperationContext,
  name: string,
): Promise<SyncResult> {
  const { record, paths } = await sourcedRecord(context, name);
  const { deps: common } = await context.wiring();
  const deps = { ...common, parsers };
  const folder = join(record.source.root, record.source.projectPath);
  const project = await readOffloadedProject(deps, { folder, format: record.format });
  const copy = { environment: name, workspace: paths.workspace, baseline: paths.baseline };
  const synced = await prepareOffloadedCopy(deps, { project, copy }, operation);
  return synced ?? { applied: [], conflicts: [], workspaceOnly: [] };
}
