import { createServerClient } from "@cilo/api";
import { isCiloError, mapLimit, poll } from "@cilo/base";
import { expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";

const isLong = process.env["CILO_TEST_LONG"] === "1";
const CREATIONS = isLong ? 200 : 60;
const MACHINES = isLong ? 50 : 15;

test("creations at once on two servers of one database share out machines, blocks and addresses, and all end", async () => {
  const server = await startTestServer({ periods: { healthMs: 5000, idleMs: 60_000, stuckMs: 5000 } });
  const another = await server.another();
  const signal = AbortSignal.timeout(600_000);
  const capacity = { environments: 5 };
  const machines = await mapLimit(
    Array.from({ length: MACHINES }),
    { limit: 5, signal },
    async () => await server.addMachine({ capacity }),
  );
  for (const { id } of machines) server.machines.machine(id).upMs = 200;
  for (let index = 0; index < CREATIONS; index += 10)
    for (const { id } of machines) server.machines.machine(id).failing.add(`e-${index}`);
  const { key } = await server.client("developer");
  const times: number[] = [];
  // What a client sees: each call's time, answers and refusals alike.
  const timed: typeof fetch = async (...args) => {
    const started = performance.now();
    const response = await fetch(...args);
    times.push(performance.now() - started);
    return response;
  };
  const clients = [server.url, another.url].map((baseUrl) =>
    createServerClient({ baseUrl, token: () => key, fetch: timed }),
  );
  const clientOf = (index: number) => clients[index % 2] ?? clients[0];
  await Promise.all(clients.map(async (client) => await client.serverStatus({ signal })));

  const ended = await Promise.all(
    Array.from({ length: CREATIONS }, async (_, index) => {
      const client = clientOf(index);
      if (client === undefined) throw new Error("no client");
      const { id } = await client.createEnvironment({
        body: { name: `e-${index}`, project: "p", format: "compose" },
        signal,
      });
      const reach = async (statuses: readonly string[]) =>
        await poll(
          async () => {
            const now = await client.getEnvironment({ params: { id }, signal });
            return statuses.includes(now.status) ? now : undefined;
          },
          { signal, timeoutMs: 300_000, intervalMs: 100, what: `${id} to be ${statuses.join(" or ")}` },
        );
      await reach(["syncing", "failed"]);
      await client.syncEnvironment({ params: { id }, signal });
      return await reach(["running", "failed"]);
    }),
  );

  const p95 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0;
  console.log(
    `${CREATIONS} creations, 2 servers, ${MACHINES} machines: ${times.length} calls, p95 ${Math.round(p95)} ms`,
  );
  expect(new Set(ended.map(({ block }) => block)).size).toBe(CREATIONS);
  expect(new Set(ended.flatMap(({ services }) => services.map(({ ip }) => ip))).size).toBe(
    ended.flatMap(({ services }) => services).length,
  );
  const carried = Object.groupBy(ended, ({ machineId }) => machineId ?? "none");
  for (const [machineId, environments] of Object.entries(carried)) {
    expect(environments?.length).toBeLessThanOrEqual(capacity.environments);
    expect([...server.machines.machine(machineId).environments.keys()].sort()).toEqual(
      environments?.map(({ id }) => id).sort(),
    );
  }
  const failed = ended.filter(({ status }) => status === "failed");
  expect(failed.map(({ name }) => name).sort()).toEqual(
    Array.from({ length: CREATIONS / 10 }, (_, index) => `e-${index * 10}`).sort(),
  );
  expect(failed.every(({ reason }) => reason?.startsWith("web does not build"))).toBe(true);
});

test("when many want the last places, as many get one as there are, and the others are told", async () => {
  const server = await startTestServer();
  const signal = AbortSignal.timeout(60_000);
  await server.addMachine({ capacity: { environments: 3 } });
  await server.addMachine({ capacity: { environments: 2 } });
  const client = await server.client("developer");
  const codes = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      try {
        await client.createEnvironment({ body: { name: `e-${index}`, project: "p", format: "compose" }, signal });
        return "created";
      } catch (error) {
        if (isCiloError(error)) return error.code;
        throw error;
      }
    }),
  );
  expect(Object.groupBy(codes, (code) => code)["created"]?.length).toBe(5);
  expect(codes.filter((code) => code === "CAPACITY_EXHAUSTED").length).toBe(15);
});
