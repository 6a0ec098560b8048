/** The workspace port: copies of a source tree and what became of them. Implemented in this folder. */

/** How files are chosen; one rule for local workspaces and for sync to machines. */
export interface CopyRules {
  /** gitignore-syntax patterns from the config (`copy.ignore`), after those of the `.ciloignore` at the tree's top. */
  readonly ignore: readonly string[];
  /** Dot-folders named in the config that are left out although they would be copied, or the reverse (`!name`). */
  readonly dotDirs: readonly string[];
}

/** A source tree and its copy. */
export interface TreePair {
  readonly sourceRoot: string;
  /** The copy's folder. */
  readonly workspace: string;
  /** File that records what both looked like when they were last the same. */
  readonly baseline: string;
  /** With a config: `copyRulesOf(config)`, which adds what the config says of env files. */
  readonly rules: CopyRules;
  /** Absolute folders that are never part of the source though they may lie in it, e.g. Cilo's home. The folder the workspace lies in always is one. */
  readonly exclude?: readonly string[];
}

export interface CopyRequest extends TreePair {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { files: number; bytes: number }) => void;
}

export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
  readonly method: "reflink" | "copy";
  /** Things left out that a user may miss (sockets, unreadable files), by path, with the reason. */
  readonly leftOut: readonly LeftOut[];
  /** Symlinks copied as they are that lead out of the workspace, absolute ones into the source included. */
  readonly leaving: readonly { readonly path: string; readonly target: string }[];
}

export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

export interface Change {
  /** Relative to the root, `/`-separated; bytes that are no UTF-8 show as U+FFFD. */
  readonly path: string;
  readonly kind: "added" | "changed" | "removed";
}

export interface SyncRequest extends TreePair {
  /** Only tell what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** What `sync` or `merge` did, or with `dryRun` would do. */
export interface SyncResult {
  /** Came over: from the source (`sync`), from the workspace (`merge`). */
  readonly applied: readonly Change[];
  /** Edited on both sides since the last sync, as seen from the side it would come from; left as they are on both. */
  readonly conflicts: readonly Change[];
  /** `sync`: edited in the workspace alone. `merge`: empty. */
  readonly workspaceOnly: readonly Change[];
}
