import { type Blocks, openBlocks, unitsOf } from "./blocks.ts";
import { type Cidr, contains, formatCidr, networkOf, overlaps, parseCidr } from "./cidr.ts";
import { type NetworkNeed, type SubnetPlan, UNIT_PREFIX, blockPrefixFor, joinUnits, planSubnets } from "./plan.ts";
import { DEFAULT_BASE_POOL, candidates, exhausted, parsePool } from "./pool.ts";
import { type HostRoute, isContainerBridge } from "./routes.ts";

/** The same as the engine's type of that name, which this package may not import. */
export interface Allocation {
  /** CIDR blocks claimed; every subnet lies in one of them. */
  readonly blocks: readonly string[];
  /** Network key → IPv4 subnet in CIDR form. */
  readonly subnets: Readonly<Record<string, string>>;
}

export interface AllocateRequest {
  /** `<project>/<environment>` */
  readonly owner: string;
  readonly needs: readonly NetworkNeed[];
  readonly previous?: Allocation;
  /** Subnets at the engine that are not the owner's, CIDR. */
  readonly taken: readonly string[];
  readonly signal: AbortSignal;
}

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

interface Context {
  readonly pool: Cidr;
  readonly blocks: Blocks;
  readonly routes: AddressesOptions["hostRoutes"];
}

async function allocate(context: Context, request: AllocateRequest): Promise<Allocation> {
  const previous = previousSubnets(request.previous);
  const units = await heldUnits(context.blocks, request.owner, previous);
  const avoid = request.taken.map(parseCidr).filter((range) => range !== undefined);
  const claimed: Cidr[] = [];
  try {
    const plan = (): SubnetPlan => planSubnets({ needs: request.needs, previous, blocks: joinUnits(units), avoid });
    for (let current = plan(); ; current = plan()) {
      if (current.missing.length === 0) return allocationOf(current, units);
      const block = await claimBlock(context, request, { missing: current.missing, avoid });
      claimed.push(block);
      units.push(...unitsOf(block));
    }
  } catch (error) {
    await Promise.all(claimed.flatMap(unitsOf).map((unit) => context.blocks.release(unit)));
    throw error;
  }
}

function previousSubnets(previous: Allocation | undefined): Map<string, Cidr> {
  const entries = Object.entries(previous?.subnets ?? {}).map(([key, text]) => [key, parseCidr(text)] as const);
  return new Map(entries.filter((entry): entry is readonly [string, Cidr] => entry[1] !== undefined));
}

/** The owner's units; those of its previous subnets are claimed back when the claims were lost. */
async function heldUnits(blocks: Blocks, owner: string, previous: ReadonlyMap<string, Cidr>): Promise<Cidr[]> {
  const claims = await blocks.claims();
  const units = claims.filter((claim) => claim.owner === owner).map((claim) => claim.unit);
  for (const subnet of previous.values()) {
    const block = subnet.prefix <= UNIT_PREFIX ? subnet : networkOf(subnet.start, UNIT_PREFIX);
    if (claims.some((claim) => overlaps(claim.unit, block)) || units.some((unit) => overlaps(unit, block))) continue;
    if (await blocks.claim(block, owner)) units.push(...unitsOf(block));
  }
  return units;
}

/** One block for all that is missing; where no hole is that large, one for the largest part. */
async function claimBlock(
  context: Context,
  request: AllocateRequest,
  want: { readonly missing: readonly number[]; readonly avoid: readonly Cidr[] },
): Promise<Cidr> {
  const routes = await context.routes(request.signal);
  const claims = await context.blocks.claims();
  const avoid = [...want.avoid, ...routes.map((route) => route.range), ...claims.map((claim) => claim.unit)];
  const prefixes = new Set([blockPrefixFor(want.missing), blockPrefixFor(want.missing.slice(0, 1))]);
  for (const prefix of prefixes) {
    for (const block of candidates({ pool: context.pool, prefix, owner: request.owner, avoid })) {
      request.signal.throwIfAborted();
      if (await context.blocks.claim(block, request.owner)) return block;
    }
  }
  throw exhausted(context.pool, Math.max(...prefixes), routes);
}

function allocationOf(plan: SubnetPlan, units: readonly Cidr[]): Allocation {
  const subnets = [...plan.subnets].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    blocks: joinUnits(units).map(formatCidr),
    subnets: Object.fromEntries(subnets.map(([key, subnet]) => [key, formatCidr(subnet)])),
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
