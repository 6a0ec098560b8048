import { describe, expect, test } from "vitest";
import type { EnvironmentStatus } from "./environments.ts";
import { reapShared } from "./shared-reap.ts";
import { type Bench, createBench } from "./testing.ts";

const SHOP = `
services:
  web: { image: nginx, healthcheck: { test: [CMD, "true"] }, networks: { default: null }, depends_on: { db: { condition: service_healthy } } }
  db:
    image: postgres
    labels: { cilo.share: "true" }
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
    volumes: [{ type: volume, source: data, target: /data }]
networks: { default: null }
volumes: { data: null }
`;

const shared = (status: EnvironmentStatus) => {
  const service = status.serviceStatus.find((one) => one.shared);
  if (service === undefined) throw new Error("no shared service");
  return { id: service.containers[0]?.id, addresses: service.endpoint.addresses };
};

const sharedProject = (bench: Bench): string => {
  const call = bench.runtime.calls.find((one) => one.includes("_shared_")) ?? "";
  return call.split(" ")[1] ?? "";
};

const reap = (bench: Bench): Promise<string[]> => reapShared(bench.deps, { signal: bench.context().signal });

const down = (bench: Bench, name: string): Promise<void> => bench.environments.down(name, bench.context());
const destroy = (bench: Bench, name: string) =>
  bench.environments.destroy(name, { keepWorkspace: false, force: false }, bench.context());

/** The times of files are the machine's, so the clock is too, and a minute later. */
const laterBy = (bench: Bench, ms: number): void => void (bench.now = Date.now() + ms);

describe("a shared service", () => {
  test("is one container for two environments, under its name in each, at an address of each", async () => {
    await using bench = await createBench(SHOP);
    const [one, two] = await Promise.all([bench.up("one"), bench.up("two")]);
    expect(shared(one.status).id).toBe(shared(two.status).id);
    expect(shared(one.status).addresses).toHaveLength(1);
    expect(shared(one.status).addresses).not.toEqual(shared(two.status).addresses);
    expect(bench.names.of("one")["db"]).toEqual([shared(one.status).addresses[0]?.address]);
    expect(bench.names.of("two")["db"]).toEqual([shared(two.status).addresses[0]?.address]);
  });

  test("of another configuration is another container", async () => {
    await using bench = await createBench(SHOP);
    const one = await bench.up("one");
    await bench.write("compose.yaml", SHOP.replace("image: postgres", "image: postgres:17"));
    const two = await bench.up("two");
    expect(shared(two.status).id).not.toBe(shared(one.status).id);
    expect(shared(await bench.environments.status("one", bench.context())).id).toBe(shared(one.status).id);
  });

  test("is kept while somebody uses it and a minute longer, and then goes; its data stays for the project", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("one");
    await bench.up("two");
    const project = sharedProject(bench);
    await down(bench, "one");
    laterBy(bench, 3_600_000);
    expect(await reap(bench)).toEqual([]);
    expect(bench.reaps).toEqual([]);
    await down(bench, "two");
    expect(bench.reaps).toEqual([project]);
    laterBy(bench, 30_000);
    expect(await reap(bench)).toEqual([]);
    expect(bench.runtime.objects(project)).toContainEqual(expect.stringContaining("container "));
    laterBy(bench, 61_000);
    expect(await reap(bench)).toEqual([project]);
    expect(bench.runtime.objects(project)).toEqual([expect.stringMatching(/^volume /u)]);
    expect(await reap(bench)).toEqual([]);
    const again = await bench.up("one");
    expect(again.status.state).toBe("running");
    expect(shared(again.status).addresses).toHaveLength(1);
  });

  test("goes with its data a minute after its project's last environment", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("one");
    const project = sharedProject(bench);
    await destroy(bench, "one");
    expect(bench.reaps).toEqual([project]);
    laterBy(bench, 61_000);
    await reap(bench);
    expect(bench.runtime.objects(project)).toEqual([]);
    expect((await bench.filesOfHome()).filter((path) => path.startsWith("shared/"))).toEqual([]);
    expect(await bench.addresses.owners()).toEqual(new Map());
  });

  test("whose container was reaped loses its data with the last environment too", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("one");
    const project = sharedProject(bench);
    await down(bench, "one");
    laterBy(bench, 61_000);
    await reap(bench);
    await destroy(bench, "one");
    expect(bench.reaps).toEqual([project, project]);
    laterBy(bench, 61_000);
    await reap(bench);
    expect(bench.runtime.objects(project)).toEqual([]);
  });

  test("is left by an environment that is told to have its own", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("one");
    const two = await bench.up("two");
    expect(two.status.serviceStatus.some((service) => service.shared)).toBe(true);
    const alone = await bench.up("two", { options: { isolate: ["db"] } });
    expect(alone.status.serviceStatus.map(({ service, shared }) => [service, shared])).toEqual([
      ["web", false],
      ["db", false],
    ]);
    await down(bench, "one");
    expect(bench.reaps).toEqual([sharedProject(bench)]);
  });

  test("is running again for an environment whose shared container died", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("one");
    bench.runtime.kill(sharedProject(bench), "db", 137);
    expect(await bench.environments.list(bench.context())).toMatchObject([{ state: "partial" }]);
    const again = await bench.up("one");
    expect(again.status.state).toBe("running");
    expect(shared(again.status).addresses).toHaveLength(1);
  });
});
