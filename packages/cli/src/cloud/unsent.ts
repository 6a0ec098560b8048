import { existsSync } from "node:fs";
import { type Change, offloadedPair, readProjectConfig, workspaceChanges } from "@cilo/engine";
import { join } from "node:path";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { type CloudRecord, cloudPaths } from "./record.ts";

/** What was edited in the local copy alone and is not in the source: `run --cloud` works there. */
export async function unsentEdits(context: CiloContext, record: CloudRecord): Promise<readonly Change[]> {
  const paths = cloudPaths(homeRoot(context), record.environment);
  if (record.source === undefined || !existsSync(paths.baseline) || !existsSync(record.source.root)) return [];
  const { deps } = await context.wiring();
  const config = await readProjectConfig(join(record.source.root, record.source.projectPath));
  const source = { sourceRoot: record.source.root, projectPath: record.source.projectPath };
  const copy = { environment: record.environment, workspace: paths.workspace, baseline: paths.baseline };
  return await workspaceChanges({ ...offloadedPair(deps, { source, config }, copy), signal: context.signal });
}
