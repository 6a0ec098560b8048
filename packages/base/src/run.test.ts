import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { poll } from "./poll.ts";
import { attach } from "./attach.ts";
import { run } from "./run.ts";

const env = { PATH: process.env["PATH"] };
const { signal } = new AbortController();

const shell = (script: string, options: Partial<Parameters<typeof run>[2]> = {}): ReturnType<typeof run> =>
  run("sh", ["-c", script], { env, signal, ...options });

describe("what a program answers", () => {
  test("stdout, stderr and status are the program's own, byte for byte", async () => {
    const result = await shell("printf ' out\\n\\n'; printf 'err' >&2; exit 3", { expect: [3] });
    expect(result).toEqual({ exitCode: 3, stdout: " out\n\n", stderr: "err" });
  });

  test("arguments reach the program as they are, without a shell", async () => {
    const args = ["%s|", "a b", "$HOME", "`id`", "*", "", "-n", "quo'te\"", "line\nbreak"];
    const { stdout } = await run("printf", args, { env, signal });
    expect(stdout).toBe(`${args.slice(1).join("|")}|`);
  });

  test("nothing of the caller's environment is inherited unless it is named", async () => {
    process.env["CILO_TEST_LEAK"] = "leaked";
    onTestFinished(() => void delete process.env["CILO_TEST_LEAK"]);
    const { stdout } = await shell("env", { env: { ...env, NAMED: "yes", ABSENT: undefined } });
    expect(stdout).toContain("NAMED=yes");
    expect(stdout).not.toMatch(/CILO_TEST_LEAK|ABSENT|HOME=/u);
  });

  test("input is what the program reads, and without input there is none to wait for", async () => {
    expect((await shell("cat", { input: "hello" })).stdout).toBe("hello");
    expect((await shell("cat")).stdout).toBe("");
  });

  test("a program that does not read its input is no failure", async () => {
    await expect(shell("exit 0", { input: "x".repeat(4_000_000) })).resolves.toMatchObject({ exitCode: 0 });
  });

  test("each line is told while the program still runs, with its stream", async () => {
    const seen: string[] = [];
    const folder = await temporaryFolder();
    const done = shell(`echo one; echo two >&2; while [ ! -e ${folder}/go ]; do sleep 0.01; done; printf three`, {
      onLine: (line, stream) => {
        seen.push(`${stream} ${line}`);
        if (seen.length === 2) void run("touch", [join(folder, "go")], { env, signal });
      },
    });
    const { stdout } = await done;
    expect(seen.toSorted()).toEqual(["stderr two", "stdout one", "stdout three"]);
    expect(stdout).toBe("one\nthree");
  });

  test("ten megabytes of output arrive whole", async () => {
    const { stdout } = await shell("head -c 10000000 /dev/zero | tr '\\0' x");
    expect(stdout).toHaveLength(10_000_000);
  });
});

describe("what failed, and why", () => {
  test("a bad status is an error with the command, the status and the last lines of stderr", async () => {
    const failing = shell("echo first >&2; echo second >&2; echo third >&2; echo fourth >&2; exit 7");
    await expect(failing).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringMatching(/^sh -c .* ended with status 7: second; third; fourth$/u),
    });
  });

  test("a bad status is the same error when lines are listened to", async () => {
    const failing = shell("echo why >&2; exit 7", { onLine: () => undefined });
    await expect(failing).rejects.toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining("why") });
  });

  test("death by a signal names the signal", async () => {
    await expect(shell("kill -ABRT $$")).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("ended with SIGABRT"),
    });
  });

  test("a missing program is said to be missing", async () => {
    await expect(run("cilo-no-such-program", [], { env, signal })).rejects.toMatchObject({
      code: "COMMAND_NOT_FOUND",
      message: "cilo-no-such-program is not installed or not on the PATH",
    });
  });

  test("a missing working folder is not mistaken for a missing program", async () => {
    await expect(shell("true", { cwd: "/no/such/folder" })).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("/no/such/folder"),
    });
  });

  test("escape sequences of a program do not reach the message", async () => {
    const failing = shell("printf '\\033[31mred\\033[0m\\033]0;title\\007\\n' >&2; exit 1");
    await expect(failing).rejects.toThrow(/ended with status 1: red$/u);
  });

  test("what the listener of lines throws is thrown, and the program does not outlive it", async () => {
    const folder = await temporaryFolder();
    const failing = shell(`echo $$ > ${folder}/pid; echo go; exec sleep 300`, {
      onLine: () => {
        throw new Error("listener");
      },
    });
    await expect(failing).rejects.toThrow("listener");
    expect(isAlive(Number(await readFile(join(folder, "pid"), "utf8")))).toBe(false);
  });
});

describe("stopping", () => {
  test("an abort ends the program and everything it started, and throws the abort's reason", async () => {
    const { pids, result } = await abortOnceStarted("sleep 300 & echo $! >> $PIDS; echo $$ >> $PIDS; wait");
    await expect(result).rejects.toThrow("stop now");
    expect(pids().map(isAlive)).toEqual([false, false]);
  });

  test("a program that ignores SIGTERM is killed after the grace period", { timeout: 30_000 }, async () => {
    const { pids, result } = await abortOnceStarted("trap '' TERM; echo $$ >> $PIDS; while :; do sleep 1; done");
    await expect(result).rejects.toThrow("stop now");
    expect(pids().map(isAlive)).toEqual([false]);
  });

  test("a grandchild that ignores SIGTERM is killed though its parent has gone", { timeout: 30_000 }, async () => {
    const stubborn = "trap '' TERM; echo $$ >> $PIDS; while :; do sleep 1; done";
    const { pids, result } = await abortOnceStarted(
      `(sh -c "${stubborn.replaceAll("$", "\\$")}") >/dev/null 2>&1 & wait`,
    );
    await expect(result).rejects.toThrow("stop now");
    expect(pids().map(isAlive)).toEqual([false]);
  });

  test("a program has time to clean up on SIGTERM", async () => {
    const { folder, result } = await abortOnceStarted(
      "trap 'sleep 0.2; echo clean > $PIDS.done; exit 0' TERM; echo $$ >> $PIDS; while :; do sleep 0.05; done",
    );
    await expect(result).rejects.toThrow("stop now");
    expect(await readFile(join(folder, "pids.done"), "utf8")).toBe("clean\n");
  });

  test("nothing starts once the signal has aborted, not even while the program is being looked for", async () => {
    const folder = await temporaryFolder();
    await expect(shell(`touch ${folder}/a`, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    const stop = new AbortController();
    const started = shell(`touch ${folder}/b; sleep 5`, { signal: stop.signal });
    stop.abort(new Error("meanwhile"));
    await expect(started).rejects.toThrow("meanwhile");
    await expect(readFile(join(folder, "a"))).rejects.toThrow("ENOENT");
    await expect(readFile(join(folder, "b"))).rejects.toThrow("ENOENT");
  });
});

describe("a program on the caller's own streams", () => {
  const quiet = ["ignore", "ignore", "ignore"] as const;

  test("its exit status is answered, 128 + n after a signal", async () => {
    expect(await attach("sh", ["-c", "exit 42"], { env, signal, stdio: quiet })).toBe(42);
    expect(await attach("sh", ["-c", "kill -TERM $$"], { env, signal, stdio: quiet })).toBe(143);
    expect(await attach("sh", ["-c", "kill -KILL $$"], { env, signal, stdio: quiet })).toBe(137);
    expect(await attach("sh", ["-c", "kill -SEGV $$"], { env, signal, stdio: quiet })).toBe(139);
  });

  test("an abort ends it", async () => {
    const stop = new AbortController();
    const status = attach("sleep", ["300"], { env, signal: stop.signal, stdio: quiet });
    stop.abort();
    expect(await status).toBe(143);
  });

  test("a missing program is said to be missing", async () => {
    await expect(attach("cilo-no-such-program", [], { env, signal })).rejects.toMatchObject({
      code: "COMMAND_NOT_FOUND",
    });
  });

  test("no listener for signals is left behind", async () => {
    const count = (): number => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
    const before = count();
    await attach("true", [], { env, signal, stdio: quiet });
    expect(count()).toBe(before);
  });
});

/** Runs a script that writes process identifiers to $PIDS, and aborts once the first is there. */
async function abortOnceStarted(script: string): Promise<Aborted> {
  const folder = await temporaryFolder();
  const file = join(folder, "pids");
  const stop = new AbortController();
  const result = shell(script, { env: { ...env, PIDS: file }, signal: stop.signal });
  result.catch(() => undefined);
  const lines = async (): Promise<number[]> =>
    (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean).map(Number);
  const expected = script.split(/>>\s*\\?\$PIDS/u).length - 1;
  const pids = await poll(
    async () => {
      const found = await lines();
      return found.length >= expected ? found : undefined;
    },
    { signal, timeoutMs: 10_000, what: "the script to start" },
  );
  stop.abort(new Error("stop now"));
  return { folder, result, pids: () => pids };
}

interface Aborted {
  readonly folder: string;
  readonly result: Promise<unknown>;
  readonly pids: () => readonly number[];
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-run-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Zombies, which wait for PID 1 to reap them, are not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /u.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
