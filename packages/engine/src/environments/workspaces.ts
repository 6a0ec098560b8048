import type { EnvConfigRequest, EnvConfigResult } from "../workspace/env-config.ts";
import type { SourceRoot } from "../workspace/source-root.ts";
import type { Change, CopyRequest, CopyResult, SyncRequest, SyncResult, TreePair } from "../workspace/workspace.ts";

/** What the lifecycle does with files. The real one is `fileWorkspaces`; tests wrap it to fail at chosen steps. */
export interface Workspaces {
  findSourceRoot(projectDir: string): Promise<SourceLocation>;
  copyTree(request: CopyRequest): Promise<CopyResult>;
  syncTree(request: SyncRequest): Promise<SyncResult>;
  mergeTree(request: SyncRequest): Promise<SyncResult>;
  workspaceChanges(request: TreePair & { readonly signal: AbortSignal }): Promise<Change[]>;
  applyEnvConfig(request: EnvConfigRequest): Promise<EnvConfigResult>;
  /** Removes the folder with all in it; refuses (PATH_ESCAPES) what does not lie below `within`. Gone already is no failure. */
  removeTree(path: string, options: { readonly within: string; readonly signal: AbortSignal }): Promise<void>;
}

/** The folder that is copied, and the project's folder in it. */
export type SourceLocation = SourceRoot;
