import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll, run } from "@cilo/base";
import { describe, expect, onTestFinished, test } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const signal = (): AbortSignal => AbortSignal.timeout(30_000);
const ANY = Array.from({ length: 256 }, (_, status) => status);

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "cilo-main-"));
  onTestFinished(async () => await rm(made, { recursive: true, force: true }));
  return made;
}

async function home(): Promise<Record<string, string | undefined>> {
  return { PATH: process.env["PATH"], CILO_HOME: await folder() };
}

describe("the process", () => {
  test("prints its version without loading anything else", async () => {
    const { stdout } = await run(process.execPath, [main, "--version"], { env: {}, signal: signal() });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });

  test("ends quietly when the reader of its answer goes away", async () => {
    const script = `"$0" "$1" --help | head -c 1; echo "\${PIPESTATUS[0]}"`;
    const env = await home();
    const { stdout, stderr } = await run("bash", ["-c", script, process.execPath, main], { env, signal: signal() });
    expect(stdout).toBe("U0\n");
    expect(stderr).toBe("");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s interrupts a command, which exits 130 in one line", async (name) => {
    const { child, ended } = await waiting();
    child.kill(name);
    expect(await ended).toEqual({ status: 130, stderr: "cilo: interrupted\n" });
  });
});

/** A `cilo` that waits for a minute before it would do something; it listens to signals before it opens its home. */
async function waiting(): Promise<{ child: ChildProcess; ended: Promise<{ status: number | null; stderr: string }> }> {
  const env = await home();
  const child = spawn(process.execPath, [main, "__reap", "none", "60000"], { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, stderr })),
  );
  const isOpen = (): boolean => existsSync(join(env["CILO_HOME"] ?? "", "id"));
  await poll(isOpen, { signal: signal(), timeoutMs: 20_000, what: "cilo to open its home" });
  return { child, ended };
}

describe("the launcher", () => {
  /** A checkout with a bundle that prints where it runs, and a `node` that prints what it is given. */
  async function checkout(parts: { node: boolean; built: boolean }): Promise<string> {
    const root = join(await folder(), "check out");
    const bin = join(root, "packages/cli/bin");
    await mkdir(bin, { recursive: true });
    await cp(join(import.meta.dirname, "../bin/cilo"), join(bin, "cilo"));
    if (parts.built) {
      await mkdir(join(root, "packages/cli/dist"));
      await writeFile(join(root, "packages/cli/dist/main.js"), "");
    }
    if (parts.node) await program(join(root, "node_modules/node/bin"), 'echo "own node: $*"');
    return root;
  }

  async function program(bin: string, script: string): Promise<void> {
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "node"), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, "node"), 0o755);
  }

  async function call(
    file: string,
    options: { cwd: string; path?: string },
  ): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    const env = { PATH: `${options.path ?? ""}:/usr/bin:/bin` };
    return await run(file, ["up", "a b", "--", "*"], { cwd: options.cwd, env, signal: signal(), expect: ANY });
  }

  test("runs the bundle on the checkout's own Node, through links, from any folder, with the arguments as they are", async () => {
    const root = await checkout({ node: true, built: true });
    const elsewhere = await folder();
    await symlink(join(root, "packages/cli"), join(elsewhere, "linked-package"));
    await symlink("linked-package/bin/cilo", join(elsewhere, "cilo"));
    const calls = [
      [join(root, "packages/cli/bin/cilo"), "/"],
      ["./bin/cilo", join(root, "packages/cli")],
      [join(elsewhere, "cilo"), "/"],
      ["./cilo", elsewhere],
    ] as const;
    for (const [file, cwd] of calls)
      expect((await call(file, { cwd })).stdout).toMatch(/^own node: .*\/dist\/main\.js up a b -- \*\n$/u);
  });

  test("runs on the Node of the PATH where the checkout has none", async () => {
    const root = await checkout({ node: false, built: true });
    const other = await folder();
    await program(other, 'echo "other node"');
    expect((await call(join(root, "packages/cli/bin/cilo"), { cwd: "/", path: other })).stdout).toBe("other node\n");
  });

  test("says how to build what is not built", async () => {
    const root = await checkout({ node: true, built: false });
    const outcome = await call(join(root, "packages/cli/bin/cilo"), { cwd: "/" });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stderr: `cilo: the command is not built yet — run: (cd ${root} && npm run build)\n`,
    });
  });
});
