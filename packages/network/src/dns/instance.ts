import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, isErrno, readFileIfThere, run } from "@cilo/base";
import { NetworkCode } from "../errors.ts";

/** One dnsmasq process of ours. It is told from every other by its pid file's path, which is in its arguments. */
export interface Instance {
  readonly name: string;
  /** Folder of its pid file and log. */
  readonly dir: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  /** Its other arguments. */
  readonly args: readonly string[];
}

export interface ProcessContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/** The process id of the instance while it runs. */
export async function pidOf(
  instance: Instance,
  context: Pick<ProcessContext, "platform" | "signal">,
): Promise<number | undefined> {
  const pid = Number(await readFileIfThere(pidFileOf(instance)));
  return Number.isInteger(pid) && pid > 1 && (await isInstance(instance, pid, context)) ? pid : undefined;
}

export function pidFileOf(instance: Instance): string {
  return join(instance.dir, `${instance.name}.pid`);
}

/** A pid can have been given to another program since: only the arguments tell. */
async function isInstance(
  instance: Instance,
  pid: number,
  context: Pick<ProcessContext, "platform" | "signal">,
): Promise<boolean> {
  const marker = `--pid-file=${pidFileOf(instance)}`;
  if (context.platform !== "linux") {
    const answer = await run("/bin/ps", ["-o", "command=", "-p", String(pid)], {
      signal: context.signal,
      env: {},
      expect: [0, 1],
    });
    return answer.stdout.includes(marker);
  }
  return ((await readProc(pid, "cmdline")) ?? "").split("\0").includes(marker);
}

/** A file of the process's, or `undefined` when the process is gone. */
async function readProc(pid: number, name: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** A process that ends gives its arguments up before its port: it is over when it is gone or a zombie. */
export async function hasEnded(pid: number, context: ProcessContext): Promise<boolean> {
  if (context.platform !== "linux") {
    const ps = { signal: context.signal, env: {}, expect: [0, 1] };
    return /^Z?$/u.test((await run("/bin/ps", ["-o", "stat=", "-p", String(pid)], ps)).stdout.trim().slice(0, 1));
  }
  const stat = await readProc(pid, "stat");
  return stat === undefined || /\) [ZX] /u.test(stat);
}

export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (isErrno(error, "ESRCH")) return;
    if (!isErrno(error, "EPERM")) throw error;
    throw new CiloError(NetworkCode.needsRoot, `dnsmasq (process ${pid}) was started by another user`, {
      cause: error,
      hint: "sudo cilo doctor --fix",
    });
  }
}
