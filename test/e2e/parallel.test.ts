import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { everythingOf } from "./support/engine.ts";
import { type TestMachine, testMachine } from "./support/machine.ts";
import { oneService } from "./support/projects.ts";

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, number) => `${prefix}-${number + 1}`);

async function blocksOf(machine: TestMachine, environments: readonly string[]): Promise<string[]> {
  const all = await Promise.all(environments.map((environment) => machine.json(["status", environment])));
  return all.flatMap((status) => blocks(status));
}

function blocks(status: unknown): string[] {
  const list = typeof status === "object" && status !== null && "blocks" in status ? status.blocks : undefined;
  if (!Array.isArray(list)) throw new Error(`no blocks in ${JSON.stringify(status)}`);
  return list.map(String);
}

/** Fails unless each environment's name leads to its own copy of the page. */
async function expectOwnPages(machine: TestMachine, environments: readonly string[]): Promise<void> {
  const addresses = await Promise.all(environments.map((name) => machine.resolve(`web.${name}.test`)));
  expect(new Set(addresses.flat()).size).toBe(environments.length);
  for (const name of environments) {
    await writeFile(join(machine.home, "envs", "parallel", name, "workspace", "www", "index.html"), name);
    expect(await machine.request(`http://web.${name}.test/`)).toMatchObject({ status: 200, body: name });
  }
}

test("twenty environments brought up at once by twenty processes get twenty subnets and all their names", async () => {
  const machine = await testMachine();
  const project = await machine.project("parallel", oneService("parallel"));
  const environments = names("many", 20);
  await Promise.all(environments.map((name) => machine.ok(["up", name, "--from", project])));
  expect(new Set(await blocksOf(machine, environments)).size).toBe(20);
  await expectOwnPages(machine, environments);
  await machine.ok(["destroy", "--all", "--force"]);
  expect(await everythingOf((await machine.homeId()) ?? "")).toEqual([]);
});

test("environments come up unharmed while others are destroyed, and the destroyed leave no name", async () => {
  const machine = await testMachine();
  const project = await machine.project("parallel", oneService("parallel"));
  const [old, young] = [names("old", 10), names("new", 10)];
  await Promise.all(old.map((name) => machine.ok(["up", name, "--from", project])));
  await Promise.all([
    ...old.map((name) => machine.ok(["destroy", name, "--force"])),
    ...young.map((name) => machine.ok(["up", name, "--from", project])),
  ]);
  await expectOwnPages(machine, young);
  const left = await Promise.all(old.map((name) => machine.resolve(`web.${name}.test`)));
  expect(left.flat()).toEqual([]);
  expect(new Set(await blocksOf(machine, young)).size).toBe(10);
});
