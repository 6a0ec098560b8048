import { createHash } from "node:crypto";
import { CiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { type Cidr, contains, formatCidr, overlaps, parseCidr, sizeOf } from "./cidr.ts";
import type { HostRoute } from "./routes.ts";

/** Where the containers of local environments live unless `cilo init --base-subnet` says otherwise. */
export const DEFAULT_BASE_POOL = "10.223.0.0/16";

const PRIVATE_RANGES: readonly Cidr[] = [
  { start: 10 * 2 ** 24, prefix: 8 },
  { start: 172 * 2 ** 24 + 16 * 2 ** 16, prefix: 12 },
  { start: 192 * 2 ** 24 + 168 * 2 ** 16, prefix: 16 },
  { start: 100 * 2 ** 24 + 64 * 2 ** 16, prefix: 10 },
  { start: 198 * 2 ** 24 + 18 * 2 ** 16, prefix: 15 },
];

const SMALLEST_POOL_PREFIX = 24;

/**
 * The pool that `--base-subnet` names.
 * @throws CiloError `POOL_INVALID` when it is not a private IPv4 range of a /24 or more
 */
export function parsePool(text: string): Cidr {
  const hint = `Name a private range of /${SMALLEST_POOL_PREFIX} or larger, as in: cilo init --base-subnet ${DEFAULT_BASE_POOL}`;
  const pool = parseCidr(text);
  if (pool === undefined)
    throw new CiloError(NetworkCode.poolInvalid, `"${text}" is not an IPv4 range in CIDR form`, { hint });
  if (formatCidr(pool) !== text)
    throw new CiloError(NetworkCode.poolInvalid, `${text} has host bits set: the range is ${formatCidr(pool)}`, {
      hint,
    });
  if (!PRIVATE_RANGES.some((range) => contains(range, pool)))
    throw new CiloError(NetworkCode.poolInvalid, `${text} is not a private range`, { hint });
  if (pool.prefix > SMALLEST_POOL_PREFIX)
    throw new CiloError(NetworkCode.poolInvalid, `${text} is too small to be shared out`, { hint });
  return pool;
}

/**
 * The places a block may be tried at, each once: aligned, inside the pool, clear of `avoid`. The first is spread by
 * the owner's name, so that many processes at once rarely want the same one.
 */
export function* candidates(options: {
  readonly pool: Cidr;
  readonly prefix: number;
  readonly owner: string;
  readonly avoid: readonly Cidr[];
}): Generator<Cidr> {
  const { pool, prefix, avoid } = options;
  const size = 2 ** (32 - prefix);
  const count = Math.floor(sizeOf(pool) / size);
  const first = createHash("sha256").update(options.owner).digest().readUInt32BE(0);
  for (let step = 0; step < count; step += 1) {
    const block = { start: pool.start + ((first + step) % count) * size, prefix };
    if (!avoid.some((range) => overlaps(range, block))) yield block;
  }
}

/** The refusal when no candidate was free; names the route that is in the way when there is one, and a pool that would do. */
export function exhausted(pool: Cidr, prefix: number, routes: readonly HostRoute[]): CiloError {
  const inTheWay = routes.find((route) => contains(route.range, pool));
  const reason =
    inTheWay === undefined
      ? `no free /${prefix} is left in ${formatCidr(pool)}`
      : `this machine has a route to ${formatCidr(inTheWay.range)}${inTheWay.device === undefined ? "" : ` (${inTheWay.device})`}, which covers the address pool ${formatCidr(pool)}`;
  const other = suggestPool(pool, routes);
  return new CiloError(NetworkCode.addressesExhausted, reason, {
    hint: `Remove environments (cilo list; cilo destroy), or use another range: cilo init --base-subnet ${other}`,
  });
}

function suggestPool(current: Cidr, routes: readonly HostRoute[]): string {
  const known = ["10.223.0.0/16", "172.28.0.0/14", "10.96.0.0/12", "192.168.128.0/17", "198.18.0.0/15"];
  const isClear = (text: string): boolean => {
    const range = parseCidr(text);
    return (
      range !== undefined && ![current, ...routes.map((route) => route.range)].some((used) => overlaps(used, range))
    );
  };
  return known.find(isClear) ?? "CIDR";
}
