import { copyTree } from "../workspace/copy.ts";
import { applyEnvConfig } from "../workspace/env-config.ts";
import { removeTree } from "../workspace/remove.ts";
import { findSourceRoot } from "../workspace/source-root.ts";
import { mergeTree, syncTree, workspaceChanges } from "../workspace/sync.ts";
import type { Workspaces } from "./workspaces.ts";

/** {@link Workspaces} on the real file system. */
export const fileWorkspaces: Workspaces = {
  findSourceRoot,
  copyTree,
  syncTree,
  mergeTree,
  workspaceChanges,
  applyEnvConfig,
  removeTree,
};
