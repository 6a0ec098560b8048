import { type Cidr, contains, overlaps, sizeOf } from "./cidr.ts";

/** A network that needs a subnet. */
export interface NetworkNeed {
  readonly key: string;
  /** Addresses for containers; the gateway is not counted. */
  readonly hosts: number;
}

/** The smallest block that is claimed. Claims are made in units of this size, so that blocks of any size cannot overlap. */
export const UNIT_PREFIX = 26;

const SMALLEST_SUBNET_PREFIX = 28;

/** What an engine takes of every subnet: network, gateway and broadcast address. */
const RESERVED = 3;

export interface SubnetPlan {
  /** Network key → its subnet. */
  readonly subnets: ReadonlyMap<string, Cidr>;
  /** Prefix of every subnet there was no room for, largest first. Empty: the plan is complete. */
  readonly missing: readonly number[];
}

export interface PlanInput {
  readonly needs: readonly NetworkNeed[];
  /** Subnets the networks had before; kept where they are large enough and lie in a block. */
  readonly previous: ReadonlyMap<string, Cidr>;
  readonly blocks: readonly Cidr[];
  /** Ranges inside the blocks that must not be used. */
  readonly avoid: readonly Cidr[];
}

/** Cuts a subnet for every need from the blocks. Pure; equal inputs give equal plans whatever the order of needs. */
export function planSubnets(input: PlanInput): SubnetPlan {
  const kept = keepPrevious(input);
  // A network that is gone from the spec may still be at the engine, so its old subnet is left alone this time.
  const used = [...input.avoid, ...input.previous.values(), ...kept.values()];
  const subnets = new Map(kept);
  const missing: number[] = [];
  for (const need of largestFirst(input.needs)) {
    if (subnets.has(need.key)) continue;
    const prefix = prefixFor(need.hosts);
    const subnet = firstFree(prefix, input.blocks, used);
    if (subnet === undefined) {
      missing.push(prefix);
      continue;
    }
    used.push(subnet);
    subnets.set(need.key, subnet);
  }
  return { subnets, missing };
}

/** The mask that holds so many containers with room to scale by half: 8 → /28, 9 → /27. Never smaller than a /28. */
export function prefixFor(hosts: number): number {
  return prefixHolding(hosts + RESERVED + Math.max(2, Math.ceil(hosts / 2)), SMALLEST_SUBNET_PREFIX);
}

/** The prefix of one block that holds subnets of all these prefixes: their sum rounded up to a power of two. */
export function blockPrefixFor(prefixes: readonly number[]): number {
  const addresses = prefixes.reduce((sum, prefix) => sum + 2 ** (32 - prefix), 0);
  return prefixHolding(addresses, UNIT_PREFIX);
}

function prefixHolding(addresses: number, smallest: number): number {
  let prefix = smallest;
  while (2 ** (32 - prefix) < addresses) prefix -= 1;
  return prefix;
}

function keepPrevious(input: PlanInput): Map<string, Cidr> {
  const kept = new Map<string, Cidr>();
  for (const need of largestFirst(input.needs)) {
    const subnet = input.previous.get(need.key);
    if (subnet === undefined || sizeOf(subnet) < need.hosts + RESERVED) continue;
    const others = [...input.avoid, ...kept.values()];
    const isFree = !others.some((other) => overlaps(other, subnet));
    if (isFree && input.blocks.some((block) => contains(block, subnet))) kept.set(need.key, subnet);
  }
  return kept;
}

function largestFirst(needs: readonly NetworkNeed[]): NetworkNeed[] {
  return [...needs].sort((a, b) => b.hosts - a.hosts || (a.key < b.key ? -1 : 1));
}

function firstFree(prefix: number, blocks: readonly Cidr[], used: readonly Cidr[]): Cidr | undefined {
  const size = 2 ** (32 - prefix);
  for (const block of [...blocks].sort((a, b) => a.start - b.start)) {
    for (let start = block.start; start + size <= block.start + sizeOf(block); start += size) {
      const candidate = { start, prefix };
      if (start % size === 0 && !used.some((other) => overlaps(other, candidate))) return candidate;
    }
  }
  return undefined;
}

/** Adjacent units joined into the largest aligned ranges, in order: what a set of claimed units is as blocks. */
export function joinUnits(units: readonly Cidr[]): Cidr[] {
  const joined: Cidr[] = [];
  for (const unit of [...units].sort((a, b) => a.start - b.start)) {
    joined.push(unit);
    for (let pair = mergedPair(joined); pair !== undefined; pair = mergedPair(joined)) joined.splice(-2, 2, pair);
  }
  return joined;
}

function mergedPair(blocks: readonly Cidr[]): Cidr | undefined {
  const [left, right] = blocks.slice(-2);
  if (left === undefined || right === undefined || left.prefix !== right.prefix) return undefined;
  const isPair = left.start % (2 * sizeOf(left)) === 0 && right.start === left.start + sizeOf(left);
  return isPair ? { start: left.start, prefix: left.prefix - 1 } : undefined;
}
