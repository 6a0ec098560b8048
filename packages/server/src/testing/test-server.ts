import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AddMachineRequest, type Machine, type Scope, type ServerClient, createServerClient } from "@cilo/api";
import { type Clock, poll, systemClock } from "@cilo/base";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { insertKey, insertTeam } from "../auth/service.ts";
import { readConfig } from "../config.ts";
import { type FakeProvider, createFakeProvider } from "../providers/fake.ts";
import { type RunningServer, type ServerOptions, startServer } from "../server.ts";
import { createTestDatabase } from "./database.ts";
import { type SimulatedMachines, startSimulatedMachines } from "./simulated-machines.ts";

export interface TestServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly running: RunningServer;
  readonly provider: FakeProvider;
  readonly machines: SimulatedMachines;
  /** A client with a new key of a team; of the team `default` unless another is named. */
  client(scope?: Scope, team?: string): Promise<ServerClient & { readonly key: string }>;
  /** Another server on the same database. */
  another(): Promise<RunningServer>;
  /** Registers a machine and waits until it is ready. */
  addMachine(request?: Partial<AddMachineRequest>): Promise<Machine>;
}

export type TestOptions = Partial<Pick<ServerOptions, "limits" | "periods" | "requestsPerMinute">> & {
  readonly clock?: Clock;
  readonly variables?: Readonly<Record<string, string>>;
  readonly databaseUrl?: string;
};

/** A server on a database of the test's own, with simulated machines. Everything goes when the test ends. */
export async function startTestServer(options: TestOptions = {}): Promise<TestServer> {
  const stack = new AsyncDisposableStack();
  onTestFinished(async () => await stack.disposeAsync());
  const databaseUrl = options.databaseUrl ?? stack.use(await createTestDatabase()).url;
  const provider = createFakeProvider();
  const clock = options.clock ?? systemClock;
  let credentialKey = async (): Promise<string> => await Promise.reject(new Error("no server yet"));
  const machines = stack.use(await startSimulatedMachines({ credentialKey: async () => await credentialKey() }));
  const start = async (): Promise<RunningServer> => {
    const home = await mkdtemp(join(tmpdir(), "cilo-server-home-"));
    stack.defer(async () => await rm(home, { recursive: true, force: true }));
    const server = await startServer({
      config: readConfig({ CILO_LISTEN: "127.0.0.1:0", CILO_SERVER_HOME: home, ...options.variables }),
      databaseUrl,
      version: "0.1.0",
      clock,
      log: pino({ level: process.env["CILO_TEST_LOG"] ?? "silent" }),
      provider,
      bundle: async () => await Promise.resolve({ version: "0.1.0", archive: "/nonexistent", sha256: "" }),
      agentUrl: (machine) => `${machines.url}/${machine.id}`,
      requestsPerMinute: options.requestsPerMinute ?? 1_000_000,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      periods: { healthMs: 200, idleMs: 200, stuckMs: 1000, ...options.periods },
    });
    return stack.use(server);
  };
  const running = await start();
  const { db } = running.parts;
  credentialKey = async () =>
    (await db.selectFrom("credentialKeys").select("publicKey").executeTakeFirstOrThrow()).publicKey;
  const client: TestServer["client"] = async (scope = "admin", team = "default") => {
    const now = new Date(clock.now());
    const known = await db.selectFrom("teams").select("id").where("name", "=", team).executeTakeFirst();
    const { id: teamId } = known ?? (await insertTeam(db, { name: team, now }));
    const { key } = await insertKey(db, { teamId, scope, name: `${team} ${scope}`, expiresAt: null, now });
    return { ...createServerClient({ baseUrl: running.url, token: () => key }), key };
  };
  let count = 0;
  const addMachine: TestServer["addMachine"] = async (request = {}) => {
    count += 1;
    const number = count;
    const admin = await client();
    const signal = AbortSignal.timeout(30_000);
    const host = `m${number}.example`;
    const added = await admin.addMachine({
      body: { name: `machine-${number}`, host, sshUser: "root", ...request },
      signal,
    });
    return await poll(
      async () => {
        const machine = await admin.getMachine({ params: { id: added.id }, signal });
        return machine.status === "ready" ? machine : undefined;
      },
      { signal, timeoutMs: 20_000, what: `${added.name} to be ready` },
    );
  };
  return { url: running.url, databaseUrl, running, provider, machines, client, another: start, addMachine };
}
