import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { expect, test } from "vitest";
import { everythingOf } from "./support/engine.ts";
import { type TestMachine, testMachine } from "./support/machine.ts";
import { smallProject } from "./support/projects.ts";

const long = process.env["CILO_TEST_LONG"] === "1";
const points = long ? 40 : 6;

/** mulberry32: the same points for the same seed, so that a failure can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Kill points over the whole length of a command: one in each of `points` equal parts of it, at random within. */
function killPoints(durationMs: number, seed: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: points }, (_, part) => ((part + random()) / points) * durationMs);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Starts the command and kills the process, its children excepted, after `delayMs`: what is still running goes on alone. */
async function killAfter(machine: TestMachine, args: readonly string[], delayMs: number): Promise<void> {
  const { child, done } = machine.start(args);
  await Promise.race([after(delayMs), done]);
  child.kill("SIGKILL");
  await done;
}

async function expectRunning(machine: TestMachine, name: string): Promise<void> {
  expect(await machine.request(`http://web.${name}.test/`)).toMatchObject({ status: 200, body: "small\n" });
  expect(await machine.json(["status", name])).toMatchObject({ state: "running" });
}

/** Nothing at the engine, no block, no name, no folder. */
async function expectNothingLeft(machine: TestMachine, name: string): Promise<void> {
  expect(await everythingOf((await machine.homeId()) ?? "none")).toEqual([]);
  expect(await machine.resolve(`web.${name}.test`)).toEqual([]);
  expect(await entries(join(machine.home, "blocks"))).toEqual([]);
  expect(await entries(join(machine.home, "envs", "small"))).toEqual([]);
}

async function entries(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

test(`kill -9 of up at ${points} points: the next up, destroy or doctor --fix ends clean`, async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const up = ["up", "victim", "--from", project];
  const durationMs = await timed(() => machine.ok(up));
  await machine.ok(["destroy", "victim", "--force"]);
  for (const [number, delayMs] of killPoints(durationMs, 20_261_123).entries()) {
    await killAfter(machine, up, delayMs);
    if (number % 3 === 0) {
      await machine.ok(up);
      await expectRunning(machine, "victim");
    }
    if (number % 3 === 2) await machine.ok(["doctor", "--fix"]);
    const { exitCode, stderr } = await machine.cilo(["destroy", "victim", "--force"]);
    expect([0, 3], `killed after ${delayMs} ms: ${stderr}`).toContain(exitCode);
    await expectNothingLeft(machine, "victim");
  }
});

test(`kill -9 of destroy at ${points} points: the next destroy, up or doctor --fix ends clean`, async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const up = ["up", "victim", "--from", project];
  await machine.ok(up);
  const durationMs = await timed(() => machine.ok(["destroy", "victim", "--force"]));
  for (const [number, delayMs] of killPoints(durationMs, 20_261_124).entries()) {
    await machine.ok(up);
    await killAfter(machine, ["destroy", "victim", "--force"], delayMs);
    if (number % 3 === 0) {
      await machine.ok(up);
      await expectRunning(machine, "victim");
    }
    if (number % 3 === 2) await machine.ok(["doctor", "--fix"]);
    const { exitCode, stderr } = await machine.cilo(["destroy", "victim", "--force"]);
    expect([0, 3], `killed after ${delayMs} ms: ${stderr}`).toContain(exitCode);
    await expectNothingLeft(machine, "victim");
  }
});
