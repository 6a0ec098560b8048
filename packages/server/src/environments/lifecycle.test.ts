import { isCiloError, poll, systemClock } from "@cilo/base";
import { generateWireGuardKeys } from "@cilo/network";
import { WireGuardKey } from "@cilo/api";
import { expect, test } from "vitest";
import { createRunning, until } from "../testing/environments.ts";
import { startTestServer } from "../testing/test-server.ts";

const signal = AbortSignal.timeout(120_000);
const body = { name: "agent-1", project: "shop", format: "compose" } as const;
const HOUR_MS = 3_600_000;

test("an environment is created, synced, run, stopped, started and destroyed by the API alone", async () => {
  const server = await startTestServer();
  await server.addMachine();
  const client = await server.client("developer");
  const created = await client.createEnvironment({ body, signal });
  expect(created).toMatchObject({ status: "provisioning", block: expect.stringMatching(/^10\.224\.\d+\.\d+\/27$/u) });
  const { id } = created;
  await until(client, id, "syncing");
  await client.syncEnvironment({ params: { id }, signal });
  const running = await until(client, id, "running");
  expect(running.services.map(({ name, ports }) => ({ name, ports }))).toEqual([
    { name: "web", ports: [3000] },
    { name: "db", ports: [3001] },
  ]);
  await client.stopEnvironment({ params: { id }, signal });
  await until(client, id, "stopped");
  await client.startEnvironment({ params: { id }, signal });
  await until(client, id, "running");
  await client.destroyEnvironment({ params: { id }, signal });
  expect(await until(client, id, "destroyed")).toMatchObject({ block: null, services: [], deadline: null });
});

test("a project that does not come up leaves the environment failed with the machine's reason, and a new sync mends it", async () => {
  const server = await startTestServer();
  const machine = await server.addMachine();
  const client = await server.client("developer");
  server.machines.machine(machine.id).failing.add("agent-1");
  const { id } = await client.createEnvironment({ body, signal });
  await until(client, id, "syncing");
  await client.syncEnvironment({ params: { id }, signal });
  expect((await until(client, id, "failed")).reason).toBe("web does not build — cilo cloud logs");
  server.machines.machine(machine.id).failing.clear();
  await client.syncEnvironment({ params: { id }, signal });
  expect(await until(client, id, "running")).not.toHaveProperty("reason");
});

test("a name is the team's once, until its environment is destroyed", async () => {
  const server = await startTestServer();
  await server.addMachine();
  const client = await server.client("developer");
  const { id } = await client.createEnvironment({ body, signal });
  await expect(client.createEnvironment({ body, signal })).rejects.toMatchObject({ code: "ENVIRONMENT_EXISTS" });
  await (await server.client("developer", "other")).createEnvironment({ body, signal });
  await client.destroyEnvironment({ params: { id }, signal });
  await until(client, id, "destroyed");
  await client.createEnvironment({ body, signal });
});

test("a creation with an idempotency key is done once, also when it is asked for twice at the same time", async () => {
  const server = await startTestServer();
  await server.addMachine();
  const client = await server.client("developer");
  const create = async (name: string) =>
    await client.createEnvironment({ body: { ...body, name }, idempotencyKey: "one", signal });
  const answers = await Promise.allSettled([create("agent-1"), create("agent-1"), create("agent-1")]);
  const ids = answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value.id);
  const codes = answers.filter((answer) => answer.status === "rejected").map((answer) => codeOf(answer.reason));
  expect(new Set(ids).size).toBe(1);
  expect(codes.every((code) => code === "IDEMPOTENCY_IN_PROGRESS")).toBe(true);
  expect((await create("agent-1")).id).toBe(ids[0]);
  await expect(create("agent-2")).rejects.toMatchObject({ code: "IDEMPOTENCY_MISMATCH" });
});

test("a machine that dies makes its environments degraded, and running again when it is back", async () => {
  let nowMs = systemClock.now();
  const server = await startTestServer({ clock: { now: () => nowMs } });
  const machine = await server.addMachine();
  const client = await server.client("admin");
  const { id } = await createRunning(client, "agent-1");
  server.machines.machine(machine.id).isAway = true;
  nowMs += 60_000;
  expect((await until(client, id, "degraded")).reason).toBe("machine machine-1 does not answer");
  const { troubles } = await client.serverStatus({ signal });
  expect(troubles).toMatchObject([{ machineId: machine.id, subject: "machine machine-1" }]);
  server.machines.machine(machine.id).isAway = false;
  await until(client, id, "running");
  expect((await client.serverStatus({ signal })).troubles).toEqual([]);
});

test("an environment that nobody uses is stopped after two hours and destroyed after eight; extended ones and kept ones are not", async () => {
  let nowMs = systemClock.now();
  const server = await startTestServer({ clock: { now: () => nowMs } });
  await server.addMachine();
  const client = await server.client("developer");
  const idle = await createRunning(client, "idle");
  const extended = await createRunning(client, "extended");
  const kept = await createRunning(client, "kept");
  const inHours = (time: string | null): number => Math.round((Date.parse(time ?? "") - nowMs) / HOUR_MS);
  expect(inHours(idle.deadline)).toBe(2);
  expect(idle.deadlineReason).toBe("stopped after 2 h without use");
  const later = await client.extendEnvironment({ params: { id: extended.id }, body: { hours: 20 }, signal });
  expect(inHours(later.deadline)).toBe(20);
  expect(await client.extendEnvironment({ params: { id: kept.id }, body: { keep: true }, signal })).toMatchObject({
    deadline: null,
  });
  nowMs += 2.1 * HOUR_MS;
  await until(client, idle.id, "stopped");
  nowMs += 6 * HOUR_MS;
  await until(client, idle.id, "destroyed");
  for (const { id } of [extended, kept])
    expect(await client.getEnvironment({ params: { id }, signal })).toMatchObject({ status: "running" });
});

test("use that a machine reports puts the deadline off", async () => {
  let nowMs = systemClock.now();
  const server = await startTestServer({ clock: { now: () => nowMs } });
  const machine = await server.addMachine();
  const client = await server.client("developer");
  const { id } = await createRunning(client, "agent-1");
  nowMs += 1.9 * HOUR_MS;
  const { environments } = server.machines.machine(machine.id);
  const now = environments.get(id);
  if (now === undefined) throw new Error("not on the machine");
  environments.set(id, { ...now, activity: { lastActive: new Date(nowMs).toISOString(), payloadBytes: 4096 } });
  await poll(
    async () => (await client.getEnvironment({ params: { id }, signal })).lastActive === new Date(nowMs).toISOString(),
    { signal, timeoutMs: 10_000, what: "the use to be taken over" },
  );
  nowMs += 1 * HOUR_MS;
  expect(await client.getEnvironment({ params: { id }, signal })).toMatchObject({ status: "running" });
});

test("a machine takes no more than it declares, and an exclusive environment has one of its own that is wiped afterwards", async () => {
  const server = await startTestServer();
  const client = await server.client("admin");
  const shared = await server.addMachine({ capacity: { environments: 2 } });
  await createRunning(client, "a");
  await expect(client.createEnvironment({ body: { ...body, exclusive: true }, signal })).rejects.toMatchObject({
    code: "CAPACITY_EXHAUSTED",
  });
  await expect(client.createEnvironment({ body: { ...body, memoryMb: 16_000 }, signal })).rejects.toMatchObject({
    code: "CAPACITY_EXHAUSTED",
  });
  await createRunning(client, "b");
  await expect(client.createEnvironment({ body, signal })).rejects.toMatchObject({ code: "CAPACITY_EXHAUSTED" });
  const alone = await server.addMachine();
  const exclusive = await createRunning(client, "alone", { exclusive: true });
  expect(exclusive.machineId).toBe(alone.id);
  await expect(client.createEnvironment({ body, signal })).rejects.toMatchObject({ code: "CAPACITY_EXHAUSTED" });
  await client.destroyEnvironment({ params: { id: exclusive.id }, signal });
  await until(client, exclusive.id, "destroyed");
  await poll(() => server.provider.calls.includes("wipe m2.example"), { signal, timeoutMs: 10_000, what: "the wipe" });
  const next = await poll(
    async () =>
      await client
        .createEnvironment({ body, signal })
        .catch((error: unknown) => (codeOf(error) === "CAPACITY_EXHAUSTED" ? undefined : Promise.reject(error))),
    { signal, timeoutMs: 10_000, what: "the machine to be free again" },
  );
  expect((await client.getEnvironment({ params: { id: next.id }, signal })).machineId).toBe(alone.id);
  expect(shared.id).not.toBe(alone.id);
});

test("a machine that is removed with force loses its environments first, then the agent, then its row", async () => {
  const server = await startTestServer();
  const machine = await server.addMachine();
  const client = await server.client("admin");
  const { id } = await createRunning(client, "agent-1");
  await expect(client.removeMachine({ params: { id: machine.id }, signal })).rejects.toMatchObject({
    code: "MACHINE_IN_USE",
  });
  await client.removeMachine({ params: { id: machine.id }, query: { force: true }, signal });
  await until(client, id, "destroyed");
  await poll(async () => (await client.listMachines({ signal })).items.length === 0, {
    signal,
    timeoutMs: 20_000,
    what: "the machine to go",
  });
  expect(server.provider.calls.at(-1)).toBe("remove m1.example");
  expect(await client.getEnvironment({ params: { id }, signal })).toMatchObject({ machineId: null });
});

test("a device has one address, one preshared key per machine and a lease; taking it off one environment leaves the other", async () => {
  const server = await startTestServer();
  const machine = await server.addMachine();
  const client = await server.client("developer");
  const one = await createRunning(client, "one");
  const two = await createRunning(client, "two");
  const key = WireGuardKey.parse(generateWireGuardKeys().publicKey);
  const exchange = async (environmentId: typeof one.id, usedRoutes: string[] = []) =>
    await client.exchangeKeys({ body: { environmentId, clientPublicKey: key, device: "laptop", usedRoutes }, signal });
  const first = await exchange(one.id);
  const second = await exchange(two.id);
  expect(second).toMatchObject({
    assignedIp: first.assignedIp,
    presharedKey: first.presharedKey,
    machineIp: first.machineIp,
  });
  expect(first.routes).toEqual([one.block, `${first.machineIp}/32`]);
  expect(Math.round((Date.parse(first.leaseUntil) - Date.now()) / HOUR_MS)).toBe(24);
  await expect(exchange(one.id, ["10.0.0.0/8"])).rejects.toMatchObject({
    code: "ROUTE_IN_USE",
    message: expect.stringContaining("10.0.0.0/8"),
  });
  const stranger = await server.client("developer", "other");
  await expect(
    stranger.exchangeKeys({
      body: { environmentId: one.id, clientPublicKey: key, device: "x", usedRoutes: [] },
      signal,
    }),
  ).rejects.toMatchObject({ code: "ENVIRONMENT_NOT_FOUND" });
  const urlKey = key.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
  await client.removePeer({ params: { key: urlKey }, query: { environmentId: one.id }, signal });
  const left = server.machines.machine(machine.id).peers.get(key) ?? [];
  expect(left.map((peer) => peer.kind === "device" && peer.environmentId)).toEqual([two.id]);
  expect((await client.tunnelStatus({ params: { id: two.id }, signal })).peers).toMatchObject([
    { device: "laptop", rxBytes: 1 },
  ]);
});

test("a block avoids every route that the client reports, and what was freed rests for a day", async () => {
  let nowMs = systemClock.now();
  const server = await startTestServer({
    clock: { now: () => nowMs },
    variables: { CILO_POOL_SERVICES: "10.224.0.0/24" },
  });
  await server.addMachine();
  const client = await server.client("developer");
  const usedRoutes = ["10.224.0.0/25", "10.224.0.128/26", "0.0.0.0/0"];
  const blocks: string[] = [];
  for (const name of ["a", "b"])
    blocks.push((await client.createEnvironment({ body: { ...body, name, usedRoutes }, signal })).block);
  expect(blocks.sort()).toEqual(["10.224.0.192/27", "10.224.0.224/27"]);
  await expect(client.createEnvironment({ body: { ...body, usedRoutes }, signal })).rejects.toMatchObject({
    code: "ADDRESSES_EXHAUSTED",
  });
  const { items } = await client.listEnvironments({ query: { name: "a" }, signal });
  const [a] = items;
  if (a === undefined) throw new Error("not listed");
  await client.destroyEnvironment({ params: { id: a.id }, signal });
  await until(client, a.id, "destroyed");
  await expect(client.createEnvironment({ body: { ...body, usedRoutes }, signal })).rejects.toMatchObject({
    code: "ADDRESSES_EXHAUSTED",
  });
  nowMs += 25 * HOUR_MS;
  // The day has also ended the other one's time, so both may be free by now.
  expect((await client.createEnvironment({ body: { ...body, usedRoutes }, signal })).block).toMatch(
    /^10\.224\.0\.(?:192|224)\/27$/u,
  );
});

function codeOf(error: unknown): string | undefined {
  return isCiloError(error) ? error.code : undefined;
}
