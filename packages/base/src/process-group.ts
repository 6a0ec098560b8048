import { readFileSync, readdirSync } from "node:fs";
import { isErrno } from "./files.ts";

/** How long a group has after SIGTERM before it gets SIGKILL. */
const KILL_AFTER_MS = 5000;
/** How long what was killed has to be gone; only a process stuck in the kernel, or an unreaped one, takes longer. */
const GIVE_UP_AFTER_MS = 1000;

/**
 * Stops the whole process group led by `pid` when `signal` aborts: SIGTERM, then SIGKILL. Disposing it waits until a
 * stop under way has ended, so that afterwards nothing of the group is left, not even what outlived its leader.
 */
export function stopGroupOnAbort(signal: AbortSignal, pid: number | undefined): AsyncDisposable {
  let stopped: Promise<void> | undefined;
  const onAbort = (): void => {
    if (pid !== undefined) stopped = stopGroup(pid);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener("abort", onAbort);
      await stopped;
    },
  };
}

async function stopGroup(pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  if (await isGoneWithin(pid, KILL_AFTER_MS)) return;
  signalGroup(pid, "SIGKILL");
  await isGoneWithin(pid, GIVE_UP_AFTER_MS);
}

async function isGoneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (signalGroup(pid, 0) && hasLiveMember(pid)) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}

/** Answers whether there still is a process of the group that may be signalled. */
function signalGroup(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, name);
  } catch (error) {
    // EPERM: what is left runs as another user, as the child of sudo does, which passes signals on itself.
    if (isErrno(error, "ESRCH", "EPERM")) return false;
    throw error;
  }
}

/**
 * A signal also "reaches" the dead until their parent has asked after them, and for those whose parent died that is
 * PID 1, which in many containers never does. Linux tells them apart; elsewhere everybody counts as alive.
 */
function hasLiveMember(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const members = readdirSync("/proc").filter((entry) => /^\d+$/u.test(entry));
  return members.some((entry) => {
    // "pid (name) state ppid pgrp …", and the name may hold anything.
    const [state, , group] = statOf(entry)
      .replace(/^.*\) /su, "")
      .split(" ");
    return group === String(pid) && state !== "Z" && state !== "X";
  });
}

function statOf(entry: string): string {
  try {
    return readFileSync(`/proc/${entry}/stat`, "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return "";
    throw error;
  }
}
