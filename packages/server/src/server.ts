import { join } from "node:path";
import { createCredentialKeys, createSigner, type ServerStatus } from "@cilo/api";
import { CiloError, type Clock, createFileExclusive, readFileIfThere } from "@cilo/base";
import { type Tunnel, generateWireGuardKeys } from "@cilo/network";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import * as z from "zod";
import { createApp } from "./app.ts";
import { type Keys, createKeys } from "./auth/keys.ts";
import { createKeyService, insertKey, insertTeam } from "./auth/service.ts";
import type { Config } from "./config.ts";
import { advanceEnvironment } from "./environments/advance.ts";
import { createEnvironmentService } from "./environments/service.ts";
import { ServerCode } from "./errors.ts";
import { createHandlers } from "./handlers.ts";
import { type Streams, createStreams } from "./http/streams.ts";
import { newId } from "./ids.ts";
import { JOBS, type JobQueue, openJobs } from "./jobs/jobs.ts";
import type { Logger } from "./log.ts";
import { advanceMachine } from "./machines/advance.ts";
import { type Callable, createAgentCalls } from "./machines/agent-calls.ts";
import { createMachineService } from "./machines/service.ts";
import { createMetrics } from "./metrics.ts";
import type { Limits, Parts } from "./parts.ts";
import type { AgentBundle, Provider } from "./providers/provider.ts";
import { type Driver, startDriver } from "./reconcilers/driver.ts";
import { type Periods, reconcilersOf } from "./reconcilers/reconcilers.ts";
import { tunnelReconciler } from "./reconcilers/tunnel.ts";
import { type Changes, followChanges } from "./store/changes.ts";
import { type Store, openStore } from "./store/database.ts";
import { migrate } from "./store/migrate.ts";
import { createWireGuardService } from "./wireguard/service.ts";

export interface ServerOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly provider: Provider;
  readonly bundle: () => Promise<AgentBundle>;
  /** Absent: the server has no interface of its own, and reaches machines by `agentUrl`. */
  readonly tunnel?: Tunnel;
  readonly agentUrl?: (machine: Callable) => string;
  readonly limits?: Partial<Limits>;
  readonly periods?: Partial<Periods>;
  readonly requestsPerMinute?: number;
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** Of the first start on an empty database: the first admin's key, told once. */
  readonly firstKey: string | undefined;
  readonly parts: Parts;
}

const HOUR_MS = 3_600_000;
const REQUESTS_PER_MINUTE = 6000;

/** Starts a server. Disposing it lets requests and jobs end, gives back what it took, and leaves the rest to others. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openStore(options.databaseUrl));
  await migrate(store.pool);
  const identity = await readIdentity(options.config.home);
  const firstKey = await createFirstKey(store, options.clock);
  const jobs = stack.use(
    await openJobs({ url: options.databaseUrl, onError: (err) => options.log.error({ err }, "a job queue failed") }),
  );
  const { parts, credentialKey } = await createParts(options, { store, jobs });
  const changes = stack.use(await followChanges(options.databaseUrl));
  const troubles: ServerStatus["troubles"] = [];
  const setTrouble = (subject: string, message: string | undefined): void => {
    const at = troubles.findIndex((known) => known.subject === subject);
    if (at >= 0) troubles.splice(at, 1);
    if (message !== undefined) troubles.push({ subject, message, since: null });
  };
  const tunnel = tunnelReconciler(parts, {
    serverId: identity.id,
    privateKey: identity.wgPrivateKey,
    setTrouble,
    ...(options.tunnel === undefined ? {} : { tunnel: options.tunnel }),
  });
  // Known as a peer before the first machine is registered, so that each is installed with it.
  await tunnel.register();
  stack.defer(async () => await tunnel.down());
  const driver = stack.use(
    startDriver(
      [
        tunnel.reconciler,
        ...reconcilersOf(parts, { healthMs: 5000, idleMs: 30_000, stuckMs: 10_000, ...options.periods }),
      ],
      {
        pool: store.pool,
        log: options.log,
      },
    ),
  );
  const keys = createKeys(parts);
  const streams = createStreams();
  follow(changes, { driver, jobs, keys, streams });
  jobs.work({
    environment: async (id, signal) => await advanceEnvironment(parts, id, signal),
    machine: async (id, signal) =>
      await advanceMachine({ ...parts, provider: options.provider, bundle: options.bundle, credentialKey }, id, signal),
  });
  const handlers = createHandlers({
    parts,
    keys: createKeyService(parts),
    environments: createEnvironmentService(parts),
    machines: createMachineService(parts),
    wireguard: createWireGuardService(parts),
    changes,
    driver,
    serverId: identity.id,
    version: options.version,
    troubles: () => [...troubles],
  });
  const app = await createApp({
    handlers,
    keys,
    streams,
    idempotency: { db: store.db, clock: options.clock },
    log: options.log,
    metrics: parts.metrics,
    metricsToken: options.config.metricsToken,
    tls: options.config.tls,
    requestsPerMinute: options.requestsPerMinute ?? REQUESTS_PER_MINUTE,
  });
  stack.defer(async () => {
    streams.endAll();
    await app.close();
  });
  const url = await listen(app, options.config);
  driver.nudgeAll();
  const owned = stack.move();
  return { url, firstKey, parts, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

async function createParts(
  options: ServerOptions,
  { store, jobs }: { store: Store; jobs: JobQueue },
): Promise<{ parts: Parts; credentialKey: string }> {
  const { clock, config } = options;
  const pair = await credentialKeys(store);
  const signer = await createSigner(pair);
  const agents = createAgentCalls({
    signer,
    clock,
    ...(options.agentUrl === undefined ? {} : { urlOf: options.agentUrl }),
  });
  const limits: Limits = {
    idleStopMs: 2 * HOUR_MS,
    idleDestroyMs: config.autoDestroyMs,
    leaseMs: 24 * HOUR_MS,
    operationMs: HOUR_MS / 6,
    ...options.limits,
  };
  const parts = { db: store.db, clock, jobs, agents, signer, pools: config.pools, limits, metrics: createMetrics() };
  return { parts, credentialKey: pair.publicKey };
}

/** One pair for all servers of a database: machines are installed with its public half. */
async function credentialKeys({ db }: Store): Promise<{ publicKey: string; privateKey: string }> {
  await db
    .insertInto("credentialKeys")
    .values(await createCredentialKeys())
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  return await db.selectFrom("credentialKeys").select(["publicKey", "privateKey"]).executeTakeFirstOrThrow();
}

const Identity = z.object({ id: z.string(), wgPrivateKey: z.string() });

/** Who this server is, kept in its home: another on the same database is another peer of every machine. */
async function readIdentity(home: string): Promise<z.infer<typeof Identity>> {
  const file = join(home, "server.json");
  await createFileExclusive(
    file,
    JSON.stringify({ id: newId.server(), wgPrivateKey: generateWireGuardKeys().privateKey }),
  );
  return Identity.parse(JSON.parse((await readFileIfThere(file)) ?? "null"));
}

/** On an empty database: the team `default` with a key for its first admin. Of several servers one makes it. */
async function createFirstKey({ db }: Store, clock: Clock): Promise<string | undefined> {
  return await db.transaction().execute(async (queries) => {
    await sql`lock table teams in share row exclusive mode`.execute(queries);
    if ((await queries.selectFrom("teams").select("id").limit(1).execute()).length > 0) return undefined;
    const now = new Date(clock.now());
    const team = await insertTeam(queries, { name: "default", now });
    const { key } = await insertKey(queries, { teamId: team.id, scope: "admin", name: "admin", expiresAt: null, now });
    return key;
  });
}

interface Following {
  readonly driver: Driver;
  readonly jobs: JobQueue;
  readonly keys: Keys;
  readonly streams: Streams;
}

function follow(changes: Changes, { driver, jobs, keys, streams }: Following): void {
  changes.listen((change) => {
    if (change.kind === "nudge" && change.reconciler === JOBS) jobs.wake();
    else if (change.kind === "nudge") driver.nudge(change.reconciler);
    if (change.kind !== "key-revoked") return;
    keys.drop(change.keyId);
    streams.endOf(change.keyId);
  });
  // A revocation may have been missed: whoever has an open stream may open it again.
  changes.onGap(() => {
    keys.dropAll();
    streams.endAll();
    driver.nudgeAll();
  });
}

async function listen(app: FastifyInstance, { listen: { host, port }, tls }: Config): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new CiloError(
      ServerCode.listenFailed,
      `cannot listen at ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: "Give another address: CILO_LISTEN=127.0.0.1:7071 cilo-server",
      },
    );
  }
  const [address] = app.addresses();
  if (address === undefined || typeof address === "string") throw new Error("a server that listens nowhere");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${tls === undefined ? "http" : "https"}://${name}:${address.port}`;
}
