import { CiloError, isCiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import type { EnvironmentsDeps } from "./deps.ts";
import { withFault } from "./faults.ts";
import { fileWorkspaces } from "./file-workspaces.ts";
import { createEnvironments } from "./lifecycle.ts";
import { findOrphans } from "./orphans.ts";
import { type Bench, createBench, upRequest } from "./testing.ts";

const SHOP = `
services:
  web:
    image: nginx
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
    depends_on: { db: { condition: service_healthy } }
  db:
    image: postgres
    networks: { default: null }
    healthcheck: { test: [CMD, "true"] }
    volumes: [{ type: volume, source: data, target: /data }]
  cache:
    image: redis
    healthcheck: { test: [CMD, "true"] }
    labels: { cilo.share: "true" }
    networks: { default: null }
networks: { default: null }
volumes: { data: null }
`;

const CHANGED = SHOP.replace("image: nginx", "image: nginx:2");

/** As if the process had ended there: nothing after it happens either. */
class Crash extends Error {}

function crashing(deps: EnvironmentsDeps, at: number) {
  const crash = (): void => {
    throw new Crash("killed");
  };
  return withFault({ ...deps, workspaces: fileWorkspaces }, { at, happen: crash, after: crash });
}

function failing(deps: EnvironmentsDeps, at: number) {
  return withFault(
    { ...deps, workspaces: fileWorkspaces },
    {
      at,
      happen: () => {
        throw new CiloError("ENGINE_FAILED", "injected");
      },
    },
  );
}

/** How many calls of ports a thing takes, so that each can be made to fail. */
async function callsOf(bench: Bench, act: (deps: EnvironmentsDeps) => Promise<unknown>): Promise<string[]> {
  const { deps, calls } = withFault({ ...bench.deps, workspaces: fileWorkspaces }, { at: 0, happen: () => undefined });
  await act(deps);
  return [...calls];
}

const up = (bench: Bench) => (deps: EnvironmentsDeps) =>
  createEnvironments(deps).up(upRequest("dev", bench.source), bench.context());
const destroy = (bench: Bench) => (deps: EnvironmentsDeps) =>
  createEnvironments(deps).destroy("dev", { keepWorkspace: false, force: true }, bench.context());

async function expectNothingLeft(bench: Bench): Promise<void> {
  expect(await bench.environments.list(bench.context())).toEqual([]);
  expect([...bench.names.published.keys()]).toEqual([]);
  const owners = [...(await bench.addresses.owners()).keys()].filter((owner) => !owner.includes("/shared-"));
  expect(owners).toEqual([]);
  expect(bench.runtime.objects(`cilo_shop_dev_${bench.home.id}`)).toEqual([]);
  expect((await bench.filesOfHome()).filter((path) => path.startsWith("envs/"))).toEqual([]);
}

async function expectAllUp(bench: Bench): Promise<void> {
  const status = await bench.environments.status("dev", bench.context());
  expect(status).toMatchObject({ state: "running", services: { total: 3, running: 3 } });
  const addresses = Object.values(bench.names.of("dev")).flat();
  expect(addresses.length).toBe(3);
}

async function ignoring(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCiloError(error, code)) throw error;
  }
}

describe("a creation that fails at any step", () => {
  test("leaves nothing, and the next up succeeds", async () => {
    await using probe = await createBench(SHOP);
    const calls = await callsOf(probe, up(probe));
    expect(calls.length).toBeGreaterThan(10);
    for (const [index, call] of calls.entries()) {
      await using bench = await createBench(SHOP);
      const { deps } = failing(bench.deps, index + 1);
      const outcome = await up(bench)(deps).then(
        () => "up",
        (error: unknown) => error,
      );
      if (outcome === "up") {
        await expectAllUp(bench);
        continue;
      }
      expect(isCiloError(outcome, "ENGINE_FAILED"), `${call}: ${String(outcome)}`).toBe(true);
      await expectNothingLeft(bench);
      await up(bench)(bench.deps);
      await expectAllUp(bench);
    }
  });

  test("leaves nothing when it is interrupted at any step", async () => {
    await using probe = await createBench(SHOP);
    const calls = await callsOf(probe, up(probe));
    for (const index of calls.keys()) {
      await using bench = await createBench(SHOP);
      const interrupt = new AbortController();
      const { deps } = withFault(
        { ...bench.deps, workspaces: fileWorkspaces },
        { at: index + 1, happen: () => interrupt.abort(new Error("interrupted")) },
      );
      const context = { ...bench.context(), signal: interrupt.signal };
      const outcome = await createEnvironments(deps)
        .up(upRequest("dev", bench.source), context)
        .then(
          () => "up",
          (error: unknown) => error,
        );
      if (outcome === "up") await expectAllUp(bench);
      else await expectNothingLeft(bench);
    }
  });
});

describe("a command that is killed at any step", () => {
  test("of a creation: the next up ends with the whole environment", async () => {
    await using probe = await createBench(SHOP);
    const calls = await callsOf(probe, up(probe));
    for (const index of calls.keys()) {
      await using bench = await createBench(SHOP);
      await up(bench)(crashing(bench.deps, index + 1).deps).catch(() => undefined);
      await up(bench)(bench.deps);
      await expectAllUp(bench);
    }
  });

  test("of a creation: the next destroy, or doctor, leaves nothing", async () => {
    await using probe = await createBench(SHOP);
    const calls = await callsOf(probe, up(probe));
    for (const index of calls.keys()) {
      await using bench = await createBench(SHOP);
      await up(bench)(crashing(bench.deps, index + 1).deps).catch(() => undefined);
      await ignoring("ENVIRONMENT_NOT_FOUND", () => destroy(bench)(bench.deps));
      await expectNothingLeft(bench);
      await using other = await createBench(SHOP);
      await up(other)(crashing(other.deps, index + 1).deps).catch(() => undefined);
      for (const orphan of await findOrphans(other.deps, { signal: other.context().signal }))
        await orphan.fix?.(other.context().signal);
      expect(await findOrphans(other.deps, { signal: other.context().signal })).toEqual([]);
      const [left] = await other.environments.list(other.context());
      if (left?.state === "running") await expectAllUp(other);
      else await expectNothingLeft(other);
    }
  });

  test("of an update: the next up ends with what the source says", async () => {
    await using probe = await createBench(SHOP);
    await up(probe)(probe.deps);
    await probe.write("compose.yaml", CHANGED);
    const calls = await callsOf(probe, up(probe));
    for (const index of calls.keys()) {
      await using bench = await createBench(SHOP);
      const before = await up(bench)(bench.deps);
      await bench.write("compose.yaml", CHANGED);
      await up(bench)(crashing(bench.deps, index + 1).deps).catch(() => undefined);
      const after = await up(bench)(bench.deps);
      await expectAllUp(bench);
      const id = (status: typeof after.status, name: string): string | undefined =>
        status.serviceStatus.find((service) => service.service === name)?.containers[0]?.id;
      expect(id(after.status, "web")).not.toBe(id(before.status, "web"));
      expect(id(after.status, "db")).toBe(id(before.status, "db"));
      expect((await up(bench)(bench.deps)).changed).toBe(false);
    }
  });

  test("of a destroy: the next destroy leaves nothing, and the next up makes it anew", async () => {
    await using probe = await createBench(SHOP);
    await up(probe)(probe.deps);
    const calls = await callsOf(probe, destroy(probe));
    for (const index of calls.keys()) {
      await using bench = await createBench(SHOP);
      await up(bench)(bench.deps);
      await destroy(bench)(crashing(bench.deps, index + 1).deps).catch(() => undefined);
      await ignoring("ENVIRONMENT_NOT_FOUND", () => destroy(bench)(bench.deps));
      await expectNothingLeft(bench);
      await up(bench)(bench.deps);
      await destroy(bench)(crashing(bench.deps, index + 1).deps).catch(() => undefined);
      await up(bench)(bench.deps);
      await expectAllUp(bench);
    }
  });
});
