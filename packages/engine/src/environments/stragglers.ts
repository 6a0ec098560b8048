import { readFile, readdir } from "node:fs/promises";
import { isErrno, poll, run } from "@cilo/base";

/** Set for every process that a changing command starts, so that what outlives a killed `cilo` can be found. */
export const OPERATION_VARIABLE = "CILO_OPERATION";

/**
 * Ends every process that carries `CILO_OPERATION=<operation>`: children of a `cilo` that was killed, such as a
 * `docker compose` that would go on creating containers behind the next command's back. When it returns, none is left.
 * Only for the holder of that operation's lock, after a crash: it reads every process's environment.
 */
export async function endStragglers(operation: string, options: { signal: AbortSignal }): Promise<number> {
  const ended = new Set<number>();
  await poll(
    async () => {
      const pids = await processesWith(`${OPERATION_VARIABLE}=${operation}`, options.signal);
      for (const pid of pids) {
        ended.add(pid);
        kill(pid);
      }
      return pids.length === 0;
    },
    { signal: options.signal, timeoutMs: 10_000, what: "processes of a killed cilo to end" },
  );
  return ended.size;
}

async function processesWith(variable: string, signal: AbortSignal): Promise<number[]> {
  const found = process.platform === "linux" ? await inProc(variable) : await inPs(variable, signal);
  return found.filter((pid) => pid !== process.pid && pid > 1);
}

async function inProc(variable: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const carries = await Promise.all(pids.map(async (pid) => (await environOf(pid)).includes(variable)));
  return pids.filter((_, index) => carries[index] === true).map(Number);
}

/** A process's variables; none for a zombie, one that just ended, or one of another user. */
async function environOf(pid: string): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EPERM", "ESRCH")) return [];
    throw error;
  }
}

/** macOS: `ps` shows the variables of the user's own processes after the command. */
async function inPs(variable: string, signal: AbortSignal): Promise<number[]> {
  const { stdout } = await run("ps", ["-axww", "-E", "-o", "pid=,command="], {
    signal,
    env: { PATH: "/bin:/usr/bin" },
  });
  return stdout
    .split("\n")
    .filter((line) => line.split(" ").includes(variable))
    .map((line) => Number.parseInt(line, 10));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
