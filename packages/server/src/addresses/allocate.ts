import { randomInt } from "node:crypto";
import type { EnvironmentId } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { sql } from "kysely";
import type { Queries } from "../store/database.ts";
import { type Cidr, formatAddress, formatCidr, overlaps, sizeOf } from "@cilo/network";

/** A freed address or block is given to nobody for so long: caches and old tunnels still know it. */
const REST_MS = 24 * 3_600_000;
const BLOCK_PREFIX = 27;

/** Tried at random before the whole pool is searched, so that many creations at once rarely want the same. */
const FIRST_TRIES = 8;

interface Taking {
  readonly pool: Cidr;
  readonly now: Date;
}

/**
 * Takes a free block for the environment, clear of the client's routes. The database has each block once.
 * @throws CiloError `ADDRESSES_EXHAUSTED`
 */
export async function takeBlock(
  db: Queries,
  options: Taking & { readonly environmentId: EnvironmentId; readonly avoid: readonly Cidr[] },
): Promise<string> {
  const { environmentId, now } = options;
  for (const candidates of tries({ ...options, prefix: BLOCK_PREFIX })) {
    const { rows } = await sql<{ block: string }>`
      insert into blocks (block, environment_id)
      select candidate, ${environmentId} from unnest(${candidates.map(formatCidr)}::cidr[]) with ordinality as c (candidate, n)
      where not exists (select from blocks b where b.block && candidate and (b.freed_at is null or b.freed_at > ${restsSince(now)}))
      order by n limit 1
      on conflict (block) do update set environment_id = excluded.environment_id, freed_at = null
        where blocks.freed_at <= ${restsSince(now)}
      returning block`.execute(db);
    const [row] = rows;
    if (row !== undefined) return row.block;
  }
  throw exhausted(options.pool, "block");
}

/** Gives an environment's block back. Done already is done. */
export async function freeBlock(db: Queries, environmentId: EnvironmentId, now: Date): Promise<void> {
  await db
    .updateTable("blocks")
    .set({ environmentId: null, freedAt: now })
    .where("environmentId", "=", environmentId)
    .execute();
}

/**
 * The owner's address in the tunnel: the one it has, or a free one.
 * @throws CiloError `ADDRESSES_EXHAUSTED`
 */
export async function takeAddress(db: Queries, options: Taking & { readonly owner: string }): Promise<string> {
  const { owner, now, pool } = options;
  const own = await sql<{
    address: string;
  }>`select host(address) as address from addresses where owner = ${owner}`.execute(db);
  if (own.rows[0] !== undefined) return own.rows[0].address;
  for (const candidates of tries({ pool, prefix: 32, avoid: [] })) {
    const { rows } = await sql<{ address: string }>`
      insert into addresses (address, owner)
      select candidate, ${owner} from unnest(${candidates.map((one) => formatAddress(one.start))}::inet[]) with ordinality as c (candidate, n)
      where not exists (select from addresses a where a.address = candidate and (a.freed_at is null or a.freed_at > ${restsSince(now)}))
      order by n limit 1
      on conflict (address) do update set owner = excluded.owner, freed_at = null
        where addresses.freed_at <= ${restsSince(now)}
      returning host(address) as address`.execute(db);
    const [row] = rows;
    if (row !== undefined) return row.address;
  }
  throw exhausted(pool, "address");
}

/** Gives an owner's address back. Done already is done. */
export async function freeAddress(db: Queries, owner: string, now: Date): Promise<void> {
  await db.updateTable("addresses").set({ owner: null, freedAt: now }).where("owner", "=", owner).execute();
}

function restsSince(now: Date): Date {
  return new Date(now.getTime() - REST_MS);
}

/** A few places at random, then all of the pool in parts. The pool's first and last address are nobody's. */
function* tries(options: { pool: Cidr; prefix: number; avoid: readonly Cidr[] }): Generator<Cidr[]> {
  const { pool, prefix, avoid } = options;
  const size = 2 ** (32 - prefix);
  const count = sizeOf(pool) / size;
  const edges = prefix === 32 ? [0, count - 1] : [];
  const at = (index: number): Cidr => ({ start: pool.start + index * size, prefix });
  const isUsable = (index: number): boolean =>
    !edges.includes(index) && !avoid.some((route) => overlaps(route, at(index)));
  yield Array.from({ length: FIRST_TRIES }, () => randomInt(count))
    .filter(isUsable)
    .map(at);
  const part = 4096;
  for (let from = 0; from < count; from += part) {
    const indices = Array.from({ length: Math.min(part, count - from) }, (_, index) => from + index);
    // Twice: another may take the one that was free between looking and inserting.
    for (let again = 0; again < 2; again += 1) yield indices.filter(isUsable).map(at);
  }
}

function exhausted(pool: Cidr, what: string): CiloError {
  return new CiloError(
    "ADDRESSES_EXHAUSTED",
    `no ${what} is free in ${formatCidr(pool)} that is clear of the client's routes`,
    {
      hint: "Destroy environments that are not needed, or start the server with a larger pool",
    },
  );
}
