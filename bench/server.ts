import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EnvironmentId, createServerClient } from "@cilo/api";
import pg from "pg";
import * as z from "zod";
import { type BenchOptions, type Measurement, compare } from "./measurement.ts";

const MACHINES = 1000;
const ENVIRONMENTS = 10_000;
/** Calls are short and noisy: each round is the mean of this many. */
const CALLS = 50;
const LIMIT = 200;

/** List and get with 1,000 machines and 10,000 environments in the database, against the same SQL by hand. */
export async function benchServer(options: BenchOptions): Promise<Measurement[]> {
  await using server = await startServer();
  const { pool, client } = server;
  const id = EnvironmentId.parse("env_00000000000000005000");
  const { signal } = options;
  const list = await compare(
    {
      ours: {
        measured: async () =>
          await repeated(async () => await client.listEnvironments({ query: { limit: LIMIT }, signal })),
      },
      theirs: {
        measured: async () =>
          await repeated(
            async () =>
              await byHand(
                pool,
                `where e.team_id = $1 and e.status <> 'destroyed' order by e.created_at desc, e.id desc limit ${LIMIT + 1}`,
                [server.teamId],
              ),
          ),
      },
    },
    options,
  );
  const get = await compare(
    {
      ours: {
        measured: async () => await repeated(async () => await client.getEnvironment({ params: { id }, signal })),
      },
      theirs: {
        measured: async () =>
          await repeated(async () => await byHand(pool, "where e.team_id = $1 and e.id = $2", [server.teamId, id])),
      },
    },
    options,
  );
  const row = (name: string, what: string, samples: { ours: number[]; theirs: number[] }): Measurement => {
    const each = (times: readonly number[]): number[] => times.map((time) => time / CALLS);
    return {
      name,
      what,
      against: "the same SQL by pg, parsed as JSON",
      unit: "ms",
      ours: each(samples.ours),
      theirs: each(samples.theirs),
      limit: 2,
    };
  };
  return [
    row("server-list", `GET /v1/environments, ${LIMIT} of ${ENVIRONMENTS}`, list),
    row("server-get", "GET /v1/environments/:id", get),
  ];
}

async function repeated(call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < CALLS; index += 1) await call();
}

/** What a client would ask the database for, and as it would get it: as text that is JSON. */
async function byHand(pool: pg.Pool, which: string, values: readonly string[]): Promise<unknown> {
  const { rows } = await pool.query<{ json: string }>(
    `select json_build_object('environment', e, 'peers', coalesce((
       select json_agg(json_build_object('userId', d.user_id, 'device', d.device, 'publicKey', d.public_key, 'assignedIp', host(a.address),
         'connectedAt', p.connected_at, 'leaseUntil', p.lease_until) order by p.connected_at)
       from peers p join devices d on d.public_key = p.public_key join addresses a on a.owner = d.public_key
       where p.environment_id = e.id and p.removed_at is null), '[]'::json))::text as json from environments e ${which}`,
    [...values],
  );
  return rows.map(({ json }): unknown => JSON.parse(json));
}

interface Server extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly teamId: string;
  readonly client: ReturnType<typeof createServerClient>;
}

async function startServer(): Promise<Server> {
  const home = await mkdtemp(join(tmpdir(), "cilo-bench-server-"));
  const env = { ...process.env, CILO_SERVER_HOME: home, CILO_LISTEN: "127.0.0.1:0" };
  const child = spawn(join(import.meta.dirname, "../packages/server/bin/cilo-server"), [], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) if (lines.push(line) === 3) break;
  const [started = "", , key = ""] = lines;
  const { port, password } = z
    .object({ port: z.int(), password: z.string() })
    .parse(JSON.parse(await readFile(join(home, "postgres.json"), "utf8")));
  const pool = new pg.Pool({ host: "127.0.0.1", port, user: "cilo", password, database: "cilo" });
  const teamId = await fill(pool);
  const token = key.trim();
  return {
    pool,
    teamId,
    client: createServerClient({ baseUrl: started.split(" ").at(-1) ?? "", token: () => token }),
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Rows as years of use would leave them: each environment runs and has a peer. */
async function fill(pool: pg.Pool): Promise<string> {
  await pool.query("alter table machines disable trigger user; alter table environments disable trigger user");
  // Unhealthy and without a key, so that nobody tries to reach them.
  await pool.query(`insert into machines (id, name, provider_id, provider_type, status, status_since, public_ip, wg_endpoint, address, ssh_host,
      ssh_user, ssh_port, capacity_environments, allow_privileged, firewall, created_at)
    select 'mach_' || lpad(n::text, 20, '0'), 'm' || n, n::text, 'manual', 'unhealthy', now(), 'h', 'h:1', 'a' || n, 'h', 'root', 22, 10, false, false, now()
    from generate_series(1, ${MACHINES}) n`);
  await pool.query(`insert into environments (id, team_id, key_id, name, project, format, machine_id, status, status_since, block, services, created_at,
      created_by, source, exclusive, keep, memory_mb, cpus, last_active)
    select 'env_' || lpad(n::text, 20, '0'), k.team_id, k.id, 'e' || n, 'shop', 'compose', 'mach_' || lpad((n % ${MACHINES} + 1)::text, 20, '0'), 'running',
      now(), set_masklen('10.128.0.0'::inet + n * 32, 27)::cidr, '[{"name":"web","ip":"10.128.0.1","ports":[80]},{"name":"db","ip":"10.128.0.2","ports":[5432]}]',
      now() - n * interval '1 minute', 'admin', 'api', false, true, 1, 1, now()
    from generate_series(1, ${ENVIRONMENTS}) n, api_keys k`);
  await pool.query(`insert into devices (public_key, team_id, key_id, user_id, device, created_at)
    select encode(sha256(n::text::bytea), 'base64'), k.team_id, k.id, 'admin', 'laptop', now() from generate_series(1, ${ENVIRONMENTS}) n, api_keys k`);
  await pool.query(`insert into addresses (address, owner)
    select '10.64.0.0'::inet + n, encode(sha256(n::text::bytea), 'base64') from generate_series(1, ${ENVIRONMENTS}) n`);
  await pool.query(`insert into peers (environment_id, public_key, key_id, connected_at, lease_until)
    select 'env_' || lpad(n::text, 20, '0'), encode(sha256(n::text::bytea), 'base64'), k.id, now(), now() + interval '1 day'
    from generate_series(1, ${ENVIRONMENTS}) n, api_keys k`);
  await pool.query("analyze");
  const { rows } = await pool.query<{ id: string }>("select id from teams");
  return rows[0]?.id ?? "";
}
