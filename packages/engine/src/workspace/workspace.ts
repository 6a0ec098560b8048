/** The workspace port: copies of a source tree and what became of them. Implemented in this folder. */

/** How files are chosen; one rule for local workspaces and for sync to machines. */
export interface CopyRules {
  /** gitignore-syntax patterns from the config (`copy.ignore`), after those of the tree's `.ciloignore`. */
  readonly ignore: readonly string[];
  /** Dot-folders named in the config that are left out although they would be copied, or the reverse (`!name`). */
  readonly dotDirs: readonly string[];
}

export interface CopyRequest {
  readonly sourceRoot: string;
  /** Target folder; made whole or not at all. Must not exist. */
  readonly workspace: string;
  /** Where the state of the source is recorded. */
  readonly baseline: string;
  readonly rules: CopyRules;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { files: number; bytes: number }) => void;
}

export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
  readonly method: "reflink" | "copy";
  /** Things left out that a user may miss (sockets, unreadable files), by path, with the reason. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

export interface Change {
  /** Relative to the root, `/`-separated. */
  readonly path: string;
  readonly kind: "added" | "changed" | "removed";
}

/** What `sync` did, or with `dryRun` would do. */
export interface SyncResult {
  /** Came over from the source. */
  readonly applied: readonly Change[];
  /** Edited on both sides since the last sync; left as they are in the workspace. */
  readonly conflicts: readonly Change[];
  /** Edited in the workspace alone. */
  readonly workspaceOnly: readonly Change[];
}
