import { type Blocks, unitsOf } from "./blocks.ts";
import { type Cidr, formatCidr, networkOf, overlaps, parseCidr } from "./cidr.ts";
import { type NetworkNeed, type SubnetPlan, UNIT_PREFIX, blockPrefixFor, joinUnits, planSubnets } from "./plan.ts";
import { candidates, exhausted } from "./pool.ts";
import type { HostRoute } from "./routes.ts";

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

export interface AllocateContext {
  readonly pool: Cidr;
  readonly blocks: Blocks;
  /** Networks this machine has a route to. */
  readonly routes: (signal: AbortSignal) => Promise<readonly HostRoute[]>;
}

/** Plans, and claims what is missing, until the plan is whole; gives back what it claimed when it fails. */
export async function allocate(context: AllocateContext, request: AllocateRequest): Promise<Allocation> {
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
  context: AllocateContext,
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
