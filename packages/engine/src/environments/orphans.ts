import type { EnvironmentsDeps } from "./deps.ts";
import { findOrphanClaims } from "./orphan-claims.ts";
import { findOrphanFolders } from "./orphan-folders.ts";
import { findOrphanObjects } from "./orphan-objects.ts";
import { findOrphanShared } from "./orphan-shared.ts";
import type { Names } from "./ports.ts";

/** Something that a crash, or somebody's hand, has left, and how it is mended. */
export interface Orphan {
  /** `warn`: of no harm, or not ours to mend. */
  readonly status: "warn" | "fail";
  /** One line: what it is. */
  readonly message: string;
  readonly hint?: string;
  /** Mends it and says what was done. Looks again under the lock: what has become right meanwhile is left alone. */
  readonly fix?: (signal: AbortSignal) => Promise<string>;
}

/** What the lifecycle's ports cannot tell and `@cilo/network` can. */
export interface OrphanSources {
  readonly addresses?: {
    orphanBlocks(owners: readonly string[]): Promise<readonly ClaimedBlock[]>;
    releaseBlock(block: ClaimedBlock): Promise<void>;
  };
  readonly names?: Pick<Names, "withdraw"> & {
    published(): Promise<readonly { readonly project: string; readonly environment: string }[]>;
  };
}

export interface ClaimedBlock {
  readonly block: string;
  readonly owner: string;
}

/**
 * What of this home is there without an environment that it belongs to: half-made and half-removed environments, objects
 * at the engines, blocks, names, shared services, files of killed commands. What a running command is about is none. To
 * be mended in this order. Engines that do not answer are left out.
 */
export async function findOrphans(
  deps: EnvironmentsDeps,
  options: OrphanSources & { readonly signal: AbortSignal },
): Promise<Orphan[]> {
  return [
    ...(await findOrphanFolders(deps, options)),
    ...(await findOrphanShared(deps, options)),
    ...(await findOrphanObjects(deps, options)),
    ...(await findOrphanClaims(deps, options)),
  ];
}
