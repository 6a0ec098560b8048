/** What a hostile reading of the product found, each as a promise. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { ciloProgram } from "./support/cilo.ts";
import { everythingOf } from "./support/engine.ts";
import { testMachine } from "./support/machine.ts";
import { smallProject } from "./support/projects.ts";

test("a secret whose value is in the project's .env arrives in the container, whatever the variable is called", async () => {
  const machine = await testMachine();
  const value = "value-of-the-dotenv-file";
  const compose = (healthy: boolean): string => `services:
  web:
    image: busybox:latest
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    healthcheck: { test: ["CMD", "${healthy ? "true" : "false"}"], interval: 1s, retries: 2 }
    secrets: [token]
secrets:
  token: { environment: LD_PRELOAD }
`;
  const project = await machine.project("dotenv", {
    "compose.yml": compose(true),
    ".env": `LD_PRELOAD=${value}\nDOCKER_HOST=tcp://127.0.0.1:1\nPATH=/nowhere\n`,
  });
  const read = ["exec", "dev", "web", "--", "cat", "/run/secrets/token"];
  const env = { LD_PRELOAD: undefined, TEST_SECRET: undefined };
  const calls = [await machine.ok(["up", "dev", "--from", project], { env })];
  expect((await machine.ok(read)).stdout).toBe(value);
  await machine.project("dotenv", { "compose.yml": compose(false) });
  const failed = await machine.cilo(["up", "dev"], { env });
  expect(failed, failed.stderr).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/put back/u) });
  expect((await machine.ok(read)).stdout).toBe(value);
  calls.push(failed, await machine.ok(["spec", "--from", project]), await machine.ok(["config", "dev"]));
  for (const call of calls) expect(call.stdout + call.stderr, call.args.join(" ")).not.toContain(value);
  const folder = join(machine.home, "envs", "dotenv", "dev");
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isFile()) expect(await readFile(join(folder, entry.name), "latin1"), entry.name).not.toContain(value);
});

test("output that cannot be written is one line and status 1", async () => {
  const machine = await testMachine();
  const full = await open("/dev/full", "w");
  onTestFinished(() => full.close());
  const child = spawn(ciloProgram, ["list"], { env: { ...machine.env }, stdio: ["ignore", full.fd, "pipe"] });
  const [stderr, [status]] = await Promise.all([child.stderr === null ? "" : text(child.stderr), once(child, "exit")]);
  expect({ stderr, status }).toEqual({ stderr: "cilo: the output could not be written: ENOSPC\n", status: 1 });
});

test("a terminal that is closed during the first up leaves nothing", async () => {
  const machine = await testMachine();
  const project = await machine.project("small", smallProject);
  const { child, done } = machine.start(["up", "gone", "--from", project]);
  await expect.poll(() => machine.homeId(), { timeout: 10_000 }).toBeDefined();
  const id = (await machine.homeId()) ?? "";
  await expect.poll(() => everythingOf(id), { timeout: 30_000 }).not.toEqual([]);
  child.kill("SIGHUP");
  expect((await done).exitCode).toBe(130);
  expect(await everythingOf(id)).toEqual([]);
});
