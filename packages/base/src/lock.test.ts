import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { lock } from "./lock.ts";

const { signal } = new AbortController();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cilo-lock-"));
  const own = folder;
  onTestFinished(() => rm(own, { recursive: true, force: true }));
});

test("one holder at a time, within a process and however many ask", async () => {
  let holders = 0;
  let most = 0;
  const visit = async (): Promise<void> => {
    await using _ = await lock(join(folder, "lock"), { signal });
    holders += 1;
    most = Math.max(most, holders);
    await new Promise(setImmediate);
    holders -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, visit));
  expect(most).toBe(1);
});

test("different paths do not wait for each other", async () => {
  await using _one = await lock(join(folder, "one"), { signal });
  await using _two = await lock(join(folder, "two"), { signal, timeoutMs: 0 });
});

test("the same file by another path is the same lock", async () => {
  await symlink(folder, `${folder}-link`);
  onTestFinished(() => rm(`${folder}-link`));
  await using _ = await lock(join(folder, "lock"), { signal });
  await expect(lock(join(`${folder}-link`, "lock"), { signal, timeoutMs: 0 })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
});

test("a waiter is told once that it waits, and gets the lock when it is released", async () => {
  const held = await lock(join(folder, "lock"), { signal });
  let told = 0;
  const waiting = lock(join(folder, "lock"), {
    signal,
    onWait: () => {
      told += 1;
      if (told === 1) void held[Symbol.asyncDispose]();
    },
  });
  await using _ = await waiting;
  expect(told).toBe(1);
});

test("a waiter that is aborted leaves without the lock, and leaves nothing in its way", async () => {
  const held = await lock(join(folder, "lock"), { signal });
  const stop = new AbortController();
  const waiting = lock(join(folder, "lock"), { signal: stop.signal, onWait: () => stop.abort(new Error("enough")) });
  await expect(waiting).rejects.toThrow("enough");
  await held[Symbol.asyncDispose]();
  await using _ = await lock(join(folder, "lock"), { signal, timeoutMs: 0 });
});

test("kill -9 of the holder releases it at once, also while a child of the holder lives on", async () => {
  const holder = await startHolder({ withChild: true });
  await expect(lock(join(folder, "lock"), { signal, timeoutMs: 0 })).rejects.toMatchObject({ code: "TIMEOUT" });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await using _ = await lock(join(folder, "lock"), { signal, timeoutMs: 1000 });
});

test("a stopped holder still holds it", async () => {
  const holder = await startHolder({ withChild: false });
  holder.kill("SIGSTOP");
  await expect(lock(join(folder, "lock"), { signal, timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("a held lock does not keep the process from ending", async () => {
  const holder = await startHolder({ withChild: false, ends: true });
  const [status]: unknown[] = await once(holder, "exit");
  expect(status).toBe(0);
});

test.runIf(process.platform === "linux")("leaves no file", async () => {
  const held = await lock(join(folder, "locks/lock"), { signal });
  await held[Symbol.asyncDispose]();
  expect(await readdir(join(folder, "locks"))).toEqual([]);
});

/** A process that holds the lock until it is ended; `ends`: that has nothing else to do. */
async function startHolder(how: { withChild: boolean; ends?: boolean }): Promise<ChildProcess> {
  const script = `
    const { lock } = await import(${JSON.stringify(new URL("lock.ts", import.meta.url).href)});
    const { spawn } = await import("node:child_process");
    await lock(${JSON.stringify(join(folder, "lock"))}, { signal: new AbortController().signal });
    const child = ${how.withChild} ? spawn("sleep", ["300"], { detached: true, stdio: "ignore" }) : undefined;
    console.log(child?.pid ?? 0);
    ${how.ends === true ? "" : "setInterval(() => {}, 1000);"}`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  const [line]: unknown[] = await once(holder.stdout, "data");
  const child = Number(String(line));
  if (child > 0) onTestFinished(() => void process.kill(child, "SIGKILL"));
  return holder;
}
