import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@cilo/base";
import { afterEach, expect, test } from "vitest";
import { type Addresses, createAddresses } from "./addresses.ts";
import type { Allocation } from "./allocate.ts";
import { type Cidr, contains, overlaps, parseCidr } from "./cidr.ts";
import type { HostRoute } from "./routes.ts";

const folders: string[] = [];
const signal = new AbortController().signal;
const long = process.env["CILO_TEST_LONG"] === "1";

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const cidr = (text: string): Cidr => parseCidr(text) ?? { start: 0, prefix: 0 };

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-blocks-"));
  folders.push(folder);
  return folder;
}

async function newAddresses(basePool: string, routes: readonly HostRoute[] = []): Promise<Addresses> {
  return createAddresses({ blocksDir: await newFolder(), basePool, hostRoutes: async () => routes });
}

const one = (owner: string, hosts = 4) => ({ owner, needs: [{ key: "default", hosts }], taken: [], signal });

function expectDisjoint(allocations: readonly Allocation[]): void {
  const blocks = allocations.map((allocation) => allocation.blocks.map(cidr));
  for (const [index, own] of blocks.entries())
    for (const other of blocks.slice(index + 1).flat()) expect(own.some((block) => overlaps(block, other))).toBe(false);
  for (const allocation of allocations)
    for (const subnet of Object.values(allocation.subnets))
      expect(allocation.blocks.some((block) => contains(cidr(block), cidr(subnet)))).toBe(true);
}

test("gives each environment its own /26 and each network its own part of it", async () => {
  const addresses = await newAddresses("10.223.0.0/16");
  const allocation = await addresses.allocate({
    ...one("shop/a"),
    needs: [
      { key: "front", hosts: 2 },
      { key: "back", hosts: 3 },
    ],
  });
  expect(allocation.blocks).toHaveLength(1);
  expect(allocation.blocks[0]).toMatch(/^10\.223\.\d+\.\d+\/26$/u);
  expect(Object.keys(allocation.subnets)).toEqual(["back", "front"]);
  expectDisjoint([allocation, await addresses.allocate(one("shop/b"))]);
});

test("an environment that needs more than a /26 gets a larger block", async () => {
  const addresses = await newAddresses("10.223.0.0/16");
  const allocation = await addresses.allocate(one("shop/big", 100));
  expect(allocation.blocks[0]).toMatch(/\/24$/u);
  expectDisjoint([allocation]);
});

test("where no hole is large enough for everything, several blocks are claimed", async () => {
  const addresses = await newAddresses("10.223.0.0/24");
  for (const [owner, taken] of [["x", ["10.223.0.0/26"]]] as const)
    await addresses.allocate({ ...one(owner), taken: [...taken, "10.223.0.128/25"] });
  const needs = ["a", "b", "c", "d", "e"].map((key) => ({ key, hosts: 4 }));
  const allocation = await addresses.allocate({ ...one("shop/wide"), needs, taken: ["10.223.0.192/26"] });
  expect(allocation.blocks).toEqual(["10.223.0.0/26", "10.223.0.128/26"]);
});

test("twenty processes at once get twenty different blocks", async () => {
  const folder = await newFolder();
  const index = join(import.meta.dirname, "addresses.ts");
  const script = `
    const { createAddresses } = await import(${JSON.stringify(index)});
    const addresses = createAddresses({ blocksDir: ${JSON.stringify(folder)}, basePool: "10.223.0.0/21", hostRoutes: async () => [] });
    const signal = new AbortController().signal;
    console.log(JSON.stringify(await addresses.allocate({ owner: process.argv[1], needs: [{ key: "a", hosts: Number(process.argv[2]) }], taken: [], signal })));`;
  const allocate = async (number: number): Promise<Allocation> => {
    const args = ["--input-type=module", "-e", script, "--", `shop/env-${number}`, number % 5 === 0 ? "50" : "4"];
    return JSON.parse((await run(process.execPath, args, { signal, env: process.env })).stdout);
  };
  const allocations = await Promise.all(Array.from({ length: 20 }, (_, number) => allocate(number)));
  expect(new Set(allocations.flatMap((allocation) => allocation.blocks)).size).toBe(20);
  expectDisjoint(allocations);
});

test("a pool of 32 blocks never runs out while blocks are given back", async () => {
  const addresses = await newAddresses("10.223.0.0/21");
  for (let cycle = 0; cycle < (long ? 20_000 : 2_000); cycle += 1) {
    await addresses.allocate(one(`shop/env-${cycle}`));
    await addresses.release(`shop/env-${cycle}`);
  }
  expect(await addresses.orphanBlocks([])).toEqual([]);
});

test("a full pool is refused with the command that gives another one, and nothing half claimed", async () => {
  const addresses = await newAddresses("10.223.0.0/24");
  for (const owner of ["a", "b", "c"]) await addresses.allocate(one(owner));
  await expect(addresses.allocate(one("d", 100))).rejects.toMatchObject({
    code: "ADDRESSES_EXHAUSTED",
    hint: expect.stringContaining("--base-subnet"),
  });
  expect((await addresses.orphanBlocks([])).map((orphan) => orphan.owner).sort()).toEqual(["a", "b", "c"]);
  await addresses.allocate(one("d"));
});

test("keeps the subnets it gave before and uses what a crash left claimed", async () => {
  const addresses = await newAddresses("10.223.0.0/20");
  const first = await addresses.allocate(one("shop/a"));
  const afterCrash = await addresses.allocate(one("shop/a"));
  expect(afterCrash).toEqual(first);
  const needs = [
    { key: "default", hosts: 4 },
    { key: "extra", hosts: 60 },
  ];
  const grown = await addresses.allocate({ ...one("shop/a"), needs, previous: first });
  expect(grown.subnets["default"]).toBe(first.subnets["default"]);
  expectDisjoint([grown]);
});

test("claims the previous blocks back when the claims were lost", async () => {
  const addresses = await newAddresses("10.223.0.0/20");
  const first = await addresses.allocate(one("shop/a"));
  await addresses.release("shop/a");
  expect(await addresses.allocate({ ...one("shop/a"), previous: first })).toEqual(first);
});

test("leaves alone what other networks of the engine and routes of the machine use", async () => {
  const vpn = { range: cidr("10.223.0.0/25"), device: "tun0" };
  const addresses = await newAddresses("10.223.0.0/24", [vpn]);
  const allocation = await addresses.allocate({ ...one("shop/a"), taken: ["10.223.0.128/27"] });
  expect(allocation.blocks).toEqual(["10.223.0.192/26"]);
  expect(await addresses.routeConflicts(signal)).toEqual([{ route: "10.223.0.0/25", device: "tun0", owners: [] }]);
});

test("a VPN route over the whole pool is named, with a range that would do", async () => {
  const addresses = await newAddresses("10.223.0.0/16", [{ range: cidr("10.0.0.0/8"), device: "tun0" }]);
  await expect(addresses.allocate(one("shop/a"))).rejects.toMatchObject({
    message: expect.stringContaining("10.0.0.0/8 (tun0)"),
    hint: expect.stringContaining("--base-subnet 172.28.0.0/14"),
  });
});

test("finds blocks whose environment is gone and gives them back", async () => {
  const folder = await newFolder();
  const addresses = createAddresses({ blocksDir: folder, basePool: "10.223.0.0/20", hostRoutes: async () => [] });
  const gone = await addresses.allocate(one("shop/gone"));
  await addresses.allocate(one("shop/here"));
  await writeFile(join(folder, "10.223.9.0_26"), "");
  const orphans = await addresses.orphanBlocks(["shop/here"]);
  expect(orphans).toContainEqual({ block: gone.blocks[0], owner: "shop/gone" });
  expect(orphans).toContainEqual({ block: "10.223.9.0/26", owner: "" });
  for (const orphan of orphans) await addresses.releaseBlock(orphan);
  expect(await addresses.orphanBlocks(["shop/here"])).toEqual([]);
});

test.each(["10.223.0.0/25", "10.223.0.1/16", "8.8.0.0/16", "10.223.0.0", "x"])("refuses %s as a pool", (pool) => {
  expect(() => createAddresses({ blocksDir: "/nowhere", basePool: pool, hostRoutes: async () => [] })).toThrow(
    expect.objectContaining({ code: "POOL_INVALID" }),
  );
});
