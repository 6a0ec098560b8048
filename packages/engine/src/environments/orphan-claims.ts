import type { EnvironmentsDeps } from "./deps.ts";
import { beginOperation, isBusy } from "./operation.ts";
import type { ClaimedBlock, Orphan, OrphanSources } from "./orphans.ts";
import { type EnvironmentFolder, environmentFolders, foldersNamed } from "./records.ts";
import { loadShared, sharedProjects } from "./shared-records.ts";

type Looking = OrphanSources & { readonly signal: AbortSignal };

/** Address blocks and names of environments that are gone. */
export async function findOrphanClaims(deps: EnvironmentsDeps, options: Looking): Promise<Orphan[]> {
  return [...(await orphanBlocks(deps, options)), ...(await orphanNames(deps, options))];
}

async function orphanBlocks(deps: EnvironmentsDeps, { addresses }: Looking): Promise<Orphan[]> {
  if (addresses === undefined) return [];
  const blocks = await addresses.orphanBlocks(await ownersOf(deps));
  return blocks.map((block) => ({
    status: "warn",
    message: `the address block ${block.block} is claimed for ${block.owner || "nobody"}, which is not there`,
    fix: () => releaseBlock(deps, addresses, block),
  }));
}

async function releaseBlock(
  deps: EnvironmentsDeps,
  addresses: NonNullable<OrphanSources["addresses"]>,
  block: ClaimedBlock,
): Promise<string> {
  if ((await ownersOf(deps)).includes(block.owner)) return "its owner is there by now";
  await addresses.releaseBlock(block);
  return "gave it back";
}

/** Everyone who may own a block. A record is written before a block is claimed, and removed after it was given back. */
async function ownersOf({ home }: EnvironmentsDeps): Promise<string[]> {
  const environments = (await environmentFolders(home)).map((folder) => `${folder.project}/${folder.environment}`);
  const shared = await Promise.all((await sharedProjects(home)).map((project) => loadShared(home, project)));
  return [...environments, ...shared.flatMap((record) => (record === undefined ? [] : [record.owner]))];
}

async function orphanNames(deps: EnvironmentsDeps, { names, signal }: Looking): Promise<Orphan[]> {
  if (names === undefined) return [];
  const orphans: Orphan[] = [];
  for (const { project, environment } of await names.published()) {
    if (await isThere(deps, { project, environment })) continue;
    if (await isBusy(deps.home, environment, signal)) continue;
    orphans.push({
      status: "fail",
      message: `names of ${environment} (${project}) are published although it is gone`,
      fix: async (fixSignal) => {
        const context = { signal: fixSignal, onEvent: () => undefined };
        await using _ = await beginOperation(deps.home, environment, context);
        if (await isThere(deps, { project, environment })) return "it is there by now";
        await names.withdraw({ project, environment, suffix: deps.defaultSuffix }, { signal: fixSignal });
        return "withdrew them";
      },
    });
  }
  return orphans;
}

async function isThere({ home }: EnvironmentsDeps, who: EnvironmentFolder): Promise<boolean> {
  return (await foldersNamed(home, who.environment)).some((folder) => folder.project === who.project);
}
