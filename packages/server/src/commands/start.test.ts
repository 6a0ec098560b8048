import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createServerClient } from "@cilo/api";
import { run } from "@cilo/base";
import { expect, onTestFinished, test } from "vitest";

const main = join(import.meta.dirname, "../main.ts");
const signal = AbortSignal.timeout(120_000);

test("without any configuration it starts on a PostgreSQL of its own, prints the first key once, and survives being killed", async () => {
  const home = await temporaryHome();
  const first = await start(home, 3);
  const [started = "", , key = ""] = first.lines;
  expect(started).toMatch(/^cilo-server \d+\.\d+\.\d+ at http:\/\/127\.0\.0\.1:\d+$/u);
  const status = async (url: string) =>
    await createServerClient({ baseUrl: url, token: () => key }).serverStatus({ signal });
  expect((await status(urlOf(first))).key).toMatchObject({ scope: "admin" });
  expect((await stat(join(home, "postgres.json"))).mode & 0o777).toBe(0o600);

  const created = await command(home, "admin", "create-key", "--scope", "ci", "--name", "pipeline", "--json");
  expect(JSON.parse(created.stdout)).toMatchObject({ scope: "ci", key: expect.stringMatching(/^cilo_key_/u) });
  expect(await command(home, "machines", "remove", "nope")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("no machine called nope"),
  });

  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  // PostgreSQL has outlived it; the next start joins it, and stops it when it is stopped itself.
  const second = await start(home, 1);
  expect((await status(urlOf(second))).team.name).toBe("default");
  second.process.kill("SIGTERM");
  expect(await once(second.process, "exit")).toEqual([0, null]);
  expect(second.lines).toEqual([second.lines[0]]);
  const processes = await run("ps", ["-eo", "args"], { signal, env: { PATH: process.env["PATH"] } });
  expect(processes.stdout).not.toContain(home);
});

test("everything that is wrong with the configuration is told at once, without starting anything", async () => {
  const home = await temporaryHome();
  const variables = {
    CILO_LISTEN: "nowhere",
    CILO_POOL_MIN_READY: "-1",
    CILO_PROVIDER: "hetzner",
    CILO_TLS_CERT: "/nonexistent.pem",
    CILO_METRICS_ENABLED: "yes",
  };
  const { exitCode, stderr, stdout } = await command(home, { variables });
  expect(exitCode).toBe(2);
  expect(stdout).toBe("");
  for (const name of [...Object.keys(variables), "HETZNER_API_TOKEN", "CILO_TLS_KEY"])
    expect(stderr).toContain(`${name}: `);
});

async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "cilo-server-start-"));
  onTestFinished(async () => await rm(home, { recursive: true, force: true }));
  return home;
}

function environmentOf(home: string): Record<string, string | undefined> {
  return { PATH: process.env["PATH"], CILO_SERVER_HOME: home, CILO_LISTEN: "127.0.0.1:0" };
}

async function start(home: string, count: number): Promise<{ process: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, [main], { env: environmentOf(home), stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGTERM"));
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  while (lines.length < count) await once(reader, "line", { signal });
  return { process: child, lines };
}

function urlOf({ lines: [first = ""] }: { lines: string[] }): string {
  return first.split(" ").at(-1) ?? "";
}

async function command(home: string, ...args: (string | { readonly variables: Record<string, string> })[]) {
  const words = args.filter((one) => typeof one === "string");
  const more = args.find((one) => typeof one === "object")?.variables ?? {};
  return await run(process.execPath, [main, ...words], {
    signal,
    env: { ...environmentOf(home), ...more },
    expect: [0, 1, 2, 3],
  });
}
