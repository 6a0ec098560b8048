import { CiloError, poll } from "@cilo/base";
import { sql } from "kysely";
import type { MachineId } from "@cilo/api";
import type { Queries } from "../store/database.ts";

export interface Need {
  readonly exclusive: boolean;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Name of the machine it must be. */
  readonly machine: string | undefined;
}

export interface Assigned {
  readonly id: MachineId;
  readonly address: string;
  readonly publicIp: string;
  readonly wgEndpoint: string;
  readonly wgPublicKey: string;
  readonly status: "ready" | "assigned";
}

/** Longer than any creation holds a machine. */
const WAIT_MS = 5000;

/**
 * Locks a machine with room for it until the transaction ends, the least loaded first. One that another creation has
 * just locked is passed over; when all with room are, it looks again. It never waits for a lock while it holds one.
 * @throws CiloError `CAPACITY_EXHAUSTED`, `MACHINE_NOT_FOUND`
 */
export async function assignMachine(db: Queries, need: Need): Promise<Assigned> {
  return await poll(
    async () => {
      const candidate = await candidateFor(db, need);
      // Counted again under the lock: the first count may be of before another's commit.
      if (candidate !== undefined && (await hasRoom(db, { id: candidate.id, need }))) return candidate;
      if (!(await hasRoom(db, { need }))) throw await noRoom(db, need);
      return undefined;
    },
    {
      signal: new AbortController().signal,
      timeoutMs: WAIT_MS,
      intervalMs: 2,
      what: "a machine that is not being assigned",
    },
  );
}

async function candidateFor(db: Queries, need: Need): Promise<Assigned | undefined> {
  const { rows } = await sql<Assigned>`
    select m.id, m.address, m.public_ip as "publicIp", m.wg_endpoint as "wgEndpoint", m.wg_public_key as "wgPublicKey", m.status
    from machines m
    left join lateral ${load} l on true
    where ${roomFor(need)} ${namedFor(need)}
    order by l.count::float / m.capacity_environments, random()
    limit 1 for update of m skip locked`.execute(db);
  return rows[0];
}

function namedFor({ machine }: Need) {
  return machine === undefined ? sql`` : sql`and m.name = ${machine}`;
}

/** What a machine carries. */
const load = sql`(
  select count(*) as count, coalesce(sum(e.memory_mb), 0) as memory, coalesce(sum(e.cpus), 0) as cpus,
    coalesce(bool_or(e.exclusive), false) as "exclusive"
  from environments e where e.machine_id = m.id and e.status <> 'destroyed')`;

function roomFor(need: Need) {
  return sql`m.status in ('ready', 'assigned') and not m.needs_wipe and not l.exclusive
    and ${need.exclusive ? sql`l.count = 0` : sql`l.count < m.capacity_environments`}
    and (m.capacity_memory_mb is null or l.memory + ${need.memoryMb} <= m.capacity_memory_mb)
    and (m.capacity_cpus is null or l.cpus + ${need.cpus} <= m.capacity_cpus)`;
}

/** Whether this machine has room for it, or with none named any. */
async function hasRoom(db: Queries, { id, need }: { id?: MachineId; need: Need }): Promise<boolean> {
  const { rows } = await sql`select from machines m left join lateral ${load} l on true
    where ${roomFor(need)} ${id === undefined ? namedFor(need) : sql`and m.id = ${id}`} limit 1`.execute(db);
  return rows.length > 0;
}

async function noRoom(db: Queries, need: Need): Promise<CiloError> {
  if (need.machine !== undefined) {
    const known = await db.selectFrom("machines").select("status").where("name", "=", need.machine).executeTakeFirst();
    if (known === undefined)
      return new CiloError("MACHINE_NOT_FOUND", `there is no machine called ${need.machine}`, {
        hint: "List them: cilo cloud machines list",
      });
    return new CiloError("CAPACITY_EXHAUSTED", `machine ${need.machine} is ${known.status} and has no room for it`);
  }
  const what = need.exclusive ? "no machine is free for an exclusive environment" : "no machine has room for it";
  return new CiloError("CAPACITY_EXHAUSTED", what, {
    hint: "Destroy environments that are not needed, or add a machine: cilo-server machines add",
  });
}
