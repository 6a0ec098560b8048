/** What a hostile reading of the product found, each as a promise. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testMachine } from "./support/machine.ts";

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
