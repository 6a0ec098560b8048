import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createServerClient } from "@cilo/api";
import { delay, isCiloError, poll } from "@cilo/base";
import { expect, onTestFinished, test } from "vitest";
import { type TestServer, startTestServer } from "./testing/test-server.ts";

const KILLS = process.env["CILO_TEST_LONG"] === "1" ? 30 : 4;

/** What {@link live} does, one after another. */
const STEPS = 7;

/** Pseudo-random, so that a failure can be had again. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

test("a server that is killed at any point leaves nothing undone: another carries on, and nothing is lost or given out twice", async () => {
  const server = await startTestServer({ periods: { stuckMs: 2000 } });
  const signal = AbortSignal.timeout(600_000);
  for (let count = 0; count < 3; count += 1) {
    const { id } = await server.addMachine({ capacity: { environments: 100, memoryMb: 1_000_000, cpus: 1000 } });
    server.machines.machine(id).upMs = 150;
  }
  const { key, ...admin } = await server.client("admin");
  const random = numbers(20_261_124);
  const home = await mkdtemp(join(tmpdir(), "cilo-server-killed-"));
  onTestFinished(async () => await rm(home, { recursive: true, force: true }));

  for (let kill = 0; kill < KILLS; kill += 1) {
    const victim = await startVictim(server, home);
    const client = createServerClient({ baseUrl: victim.url, token: () => key });
    // Killed a little after so many of the clients' steps, however quick the machine is.
    const last = 1 + Math.floor(random.next().value * 4 * STEPS);
    let steps = 0;
    const step = (): void => void (steps += 1);
    const work = Promise.all(
      Array.from({ length: 4 }, async (_, index) => await live(client, { name: `k${kill}-${index}`, step, signal })),
    );
    await poll(() => steps >= last, { signal, timeoutMs: 60_000, what: `${last} steps` });
    await delay(random.next().value * 40, signal);
    victim.process.kill("SIGKILL");
    await work;
  }

  const ids = (await admin.listEnvironments({ query: { limit: 200 }, signal })).items.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(0);
  await poll(
    async () =>
      (
        await server.running.parts.db
          .selectFrom("environments")
          .select("id")
          .where("operation", "is not", null)
          .execute()
      ).length === 0,
    { signal, timeoutMs: 120_000, what: "every operation to end" },
  );
  for (const id of ids) await admin.destroyEnvironment({ params: { id }, signal });
  await poll(async () => (await admin.listEnvironments({ signal })).items.length === 0, {
    signal,
    timeoutMs: 120_000,
    what: "all to be destroyed",
  });

  const { db } = server.running.parts;
  const machines = await db.selectFrom("machines").select(["id", "status"]).execute();
  expect(machines.map(({ status }) => status)).toEqual(["ready", "ready", "ready"]);
  expect(machines.flatMap(({ id }) => [...server.machines.machine(id).environments.keys()])).toEqual([]);
  expect(await db.selectFrom("blocks").select("block").where("environmentId", "is not", null).execute()).toEqual([]);
  expect(await db.selectFrom("usageRecords").select("id").where("endTime", "is", null).execute()).toEqual([]);
});

/** Creates an environment, brings it up and perhaps down, as far as the server lives. */
async function live(
  client: ReturnType<typeof createServerClient>,
  { name, step, signal }: { name: string; step: () => void; signal: AbortSignal },
): Promise<void> {
  try {
    const { id } = await client.createEnvironment({ body: { name, project: "p", format: "compose" }, signal });
    step();
    const is = async (status: string) =>
      await poll(async () => (await client.getEnvironment({ params: { id }, signal })).status === status, {
        signal,
        timeoutMs: 30_000,
        what: status,
      });
    await is("syncing");
    step();
    await client.syncEnvironment({ params: { id }, signal });
    step();
    await is("running");
    step();
    await client.stopEnvironment({ params: { id }, signal });
    step();
    await is("stopped");
    step();
    await client.destroyEnvironment({ params: { id }, signal });
    step();
  } catch (error) {
    if (!isCiloError(error, "SERVER_UNREACHABLE", "NOT_READY", "ANSWER_INVALID") && !(error instanceof TypeError))
      throw error;
  }
}

async function startVictim(server: TestServer, home: string): Promise<{ url: string; process: ChildProcess }> {
  const options = JSON.stringify({ databaseUrl: server.databaseUrl, home, machinesUrl: server.machines.url });
  const child = spawn(process.execPath, [join(import.meta.dirname, "testing/server-process.ts"), options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = await once(createInterface(child.stdout), "line");
  return { url: String(url), process: child };
}
