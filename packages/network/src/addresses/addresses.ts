import { type AllocateRequest, type Allocation, allocate } from "./allocate.ts";
import { type Blocks, openBlocks } from "./blocks.ts";
import { type Cidr, contains, formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { joinUnits } from "./plan.ts";
import { DEFAULT_BASE_POOL, parsePool } from "./pool.ts";
import { type HostRoute, isContainerBridge } from "./routes.ts";

export interface AddressesOptions {
  /** Where claims are kept: `CILO_HOME/blocks`. */
  readonly blocksDir: string;
  /** Default {@link DEFAULT_BASE_POOL}. */
  readonly basePool?: string;
  /** Networks this machine has a route to; asked once per call. */
  readonly hostRoutes: (signal: AbortSignal) => Promise<readonly HostRoute[]>;
}

/** Gives environments their subnets. What is claimed stays its owner's, over crashes too, until `release`. */
export interface Addresses {
  /**
   * Gives each network a subnet: the previous one where it still fits, else room in the owner's blocks, else a newly
   * claimed block clear of `taken` and of the host's routes. When it fails it has claimed nothing.
   * @throws CiloError `ADDRESSES_EXHAUSTED`
   */
  allocate(request: AllocateRequest): Promise<Allocation>;
  /** Gives back every block of the owner. Nothing to give back is no failure. */
  release(owner: string): Promise<void>;
  /** Blocks whose owner is not among `owners`: left by something that crashed. For `doctor`. */
  orphanBlocks(owners: readonly string[]): Promise<readonly ClaimedBlock[]>;
  /** Gives back one block that {@link orphanBlocks} named, unless another owner has it by now. */
  releaseBlock(block: ClaimedBlock): Promise<void>;
  /** Routes of this machine, bridges of container engines left out, that overlap the pool or a claimed block. */
  routeConflicts(signal: AbortSignal): Promise<readonly RouteConflict[]>;
}

/** A run of units with one owner. */
export interface ClaimedBlock {
  readonly block: string;
  /** `""` when the claim's file cannot be read. */
  readonly owner: string;
}

export interface RouteConflict {
  readonly route: string;
  readonly device?: string;
  /** Owners whose blocks the route overlaps; empty: it overlaps only the pool, where new blocks avoid it. */
  readonly owners: readonly string[];
}

/**
 * Builds the {@link Addresses} of a home.
 * @throws CiloError `POOL_INVALID`
 */
export function createAddresses(options: AddressesOptions): Addresses {
  const pool = parsePool(options.basePool ?? DEFAULT_BASE_POOL);
  const blocks = openBlocks(options.blocksDir);
  return {
    allocate: (request) => allocate({ pool, blocks, routes: options.hostRoutes }, request),
    async release(owner) {
      const claims = await blocks.claims();
      await Promise.all(claims.filter((claim) => claim.owner === owner).map((claim) => blocks.release(claim.unit)));
    },
    orphanBlocks: (owners) => orphanBlocks(blocks, owners),
    async releaseBlock({ block, owner }) {
      const range = parseCidr(block);
      const claims = await blocks.claims();
      const units = claims.filter(
        (claim) => claim.owner === owner && range !== undefined && contains(range, claim.unit),
      );
      await Promise.all(units.map((claim) => blocks.release(claim.unit)));
    },
    routeConflicts: async (signal) => findRouteConflicts(pool, await blocks.claims(), await options.hostRoutes(signal)),
  };
}

async function orphanBlocks(blocks: Blocks, owners: readonly string[]): Promise<ClaimedBlock[]> {
  const known = new Set(owners);
  const orphans = (await blocks.claims()).filter((claim) => !known.has(claim.owner));
  const byOwner = Map.groupBy(orphans, (claim) => claim.owner);
  return [...byOwner].flatMap(([owner, claims]) =>
    joinUnits(claims.map((claim) => claim.unit)).map((block) => ({ block: formatCidr(block), owner })),
  );
}

function findRouteConflicts(
  pool: Cidr,
  claims: readonly { readonly unit: Cidr; readonly owner: string }[],
  routes: readonly HostRoute[],
): RouteConflict[] {
  const foreign = routes.filter((route) => route.device === undefined || !isContainerBridge(route.device));
  return foreign.flatMap((route): RouteConflict[] => {
    const hit = claims.filter((claim) => overlaps(claim.unit, route.range));
    if (hit.length === 0 && !overlaps(pool, route.range)) return [];
    const owners = [...new Set(hit.map((claim) => claim.owner))];
    return [
      { route: formatCidr(route.range), ...(route.device === undefined ? {} : { device: route.device }), owners },
    ];
  });
}
