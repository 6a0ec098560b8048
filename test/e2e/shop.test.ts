import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { poll } from "@cilo/base";
import { beforeAll, expect, test } from "vitest";
import { ensureImages } from "../../scripts/setup/images.ts";
import { describeMachine } from "../../scripts/setup/machine.ts";
import { type TestMachine, testMachine } from "./support/machine.ts";
import { serviceAddress } from "./support/status.ts";

const images = ["nginx:1-alpine", "node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];

beforeAll(async () => {
  await ensureImages(await describeMachine(AbortSignal.timeout(280_000)), images);
}, 300_000);

async function shopProject(machine: TestMachine): Promise<string> {
  const folder = join(machine.folder, "shop");
  await cp(resolve("examples/shop"), folder, { recursive: true });
  return folder;
}

async function order(machine: TestMachine, url: string, item: string): Promise<void> {
  const reply = await machine.request(url, { method: "POST", body: JSON.stringify({ item }) });
  expect(reply).toMatchObject({ status: 201 });
}

/** The shop's orders once its worker has packed them all. */
async function packedOrders(machine: TestMachine, url: string): Promise<unknown> {
  return await poll(
    async () => {
      const { body } = await machine.request(url);
      return body.includes('"received"') ? undefined : JSON.parse(body);
    },
    { signal: AbortSignal.timeout(20_000), timeoutMs: 15_000, what: "the worker" },
  );
}

test("two copies of a shop run side by side, each with its own data, and neither reaches the other", async () => {
  const machine = await testMachine();
  const shop = await shopProject(machine);
  await Promise.all(["left", "right"].map((name) => machine.ok(["up", name, "--from", shop])));

  await order(machine, "http://web.left.test/api/orders", "tea");
  await order(machine, "http://api.right.test:3000/orders", "coffee");
  expect(await packedOrders(machine, "http://api.left.test:3000/orders")).toMatchObject([{ id: 1, item: "tea" }]);
  expect(await packedOrders(machine, "http://web.right.test/api/orders")).toMatchObject([{ id: 1, item: "coffee" }]);

  const stranger = await serviceAddress(machine, "right", "postgres");
  const own = await serviceAddress(machine, "left", "postgres");
  const probe = (host: string, port: number): readonly string[] => [
    "exec",
    "left",
    "worker",
    "--",
    "node",
    "-e",
    `const s = require("net").connect({ host: "${host}", port: ${port}, timeout: 1500 });
     for (const e of ["connect", "timeout", "error"]) s.once(e, () => { console.log(e); process.exit(); });`,
  ];
  expect((await machine.ok(probe(own, 5432))).stdout.trim()).toBe("connect");
  expect((await machine.ok(probe("web.left.test", 80))).stdout.trim()).toBe("connect");
  expect((await machine.ok(probe(stranger, 5432))).stdout.trim()).not.toBe("connect");
  expect((await machine.ok(probe("web.right.test", 80))).stdout.trim()).not.toBe("connect");
});

test("data survives down and up, and destroying one copy leaves the other's alone", async () => {
  const machine = await testMachine();
  const shop = await shopProject(machine);
  for (const name of ["left", "right"]) {
    await machine.ok(["up", name, "--from", shop]);
    await order(machine, `http://api.${name}.test:3000/orders`, `order of ${name}`);
  }
  const before = await serviceAddress(machine, "right", "postgres");
  await machine.ok(["down", "right"]);
  expect(await machine.resolve("api.right.test")).toEqual([]);
  await machine.ok(["destroy", "left", "--force"]);
  await machine.ok(["up", "right"]);
  expect(await packedOrders(machine, "http://api.right.test:3000/orders")).toMatchObject([{ item: "order of right" }]);
  expect(before.split(".").slice(0, 3)).toEqual(
    (await serviceAddress(machine, "right", "postgres")).split(".").slice(0, 3),
  );
});
