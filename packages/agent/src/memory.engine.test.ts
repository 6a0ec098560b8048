import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AGENT_NODE_ENV, AGENT_NODE_OPTIONS } from "@cilo/api";
import { poll, run } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentProcess, type TestMachine, startTestMachine } from "./testing/machine.ts";
import { bringUp, newDevice, site, upload } from "./testing/project.ts";

const MOST_KB = 80 * 1024;
const signal = (): AbortSignal => AbortSignal.timeout(170_000);

let machine: TestMachine;
let installed: AgentProcess;
beforeAll(async () => {
  machine = await startTestMachine();
  const main = join(import.meta.dirname, "../dist/main.js");
  const env = { ...AGENT_NODE_ENV, NODE_COMPILE_CACHE: join(machine.folder, "cache") };
  installed = { argv: [...AGENT_NODE_OPTIONS, main], env };
  await run(process.execPath, [...installed.argv, "--version"], { env, signal: signal() });
});
afterAll(async () => await machine[Symbol.asyncDispose]());

async function residentKb(): Promise<number> {
  const status = await readFile(`/proc/${machine.agentPid()}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]);
}

/** Below it for three looks in a row: not only for a moment, before work that is still to come. */
async function settlesBelow(mostKb: number): Promise<void> {
  let quiet = 0;
  let last = 0;
  const isQuiet = async (): Promise<boolean> => {
    last = await residentKb();
    quiet = last <= mostKb ? quiet + 1 : 0;
    return quiet >= 3;
  };
  await poll(isQuiet, { signal: signal(), timeoutMs: 60_000, intervalMs: 1000, what: `at most ${mostKb} kB` }).catch(
    (cause: unknown) => {
      throw new Error(`the agent keeps ${last} kB`, { cause });
    },
  );
}

test("an idle agent keeps at most 80 MB: after an up, and started again with an environment that runs", async () => {
  await machine.startAgent(installed);
  const device = await newDevice(machine);
  await upload(machine, device, site);
  expect(await bringUp(machine, device)).toMatchObject({ state: "running" });
  await settlesBelow(MOST_KB);
  await machine.stopAgent("SIGKILL");
  await machine.startAgent(installed);
  await settlesBelow(MOST_KB);
});
