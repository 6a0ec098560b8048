import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { BaseCode, CiloError, delay, isErrno, run, writeFileAtomic } from "@cilo/base";
import type { Log } from "../log.ts";

/** One environment's way in. */
export interface SyncModule {
  readonly id: string;
  /** What clients write to. */
  readonly files: string;
  /** What they may read: the workspace, with what was edited on the machine. Absent while there is none. */
  readonly workspace?: string;
  readonly password: string;
  /** Addresses in the tunnel that may connect. */
  readonly devices: readonly string[];
}

/** The one rsync daemon of a machine, on its tunnel address. */
export interface RsyncDaemon {
  /** Serves exactly these modules to whoever connects from now on. */
  serve(modules: readonly SyncModule[]): Promise<void>;
  /** Ends every session in that folder, so that nobody writes there after it returns. */
  endSessions(folder: string, signal: AbortSignal): Promise<void>;
  /** Keeps the daemon running until the signal aborts. */
  supervise(signal: AbortSignal): Promise<void>;
}

export interface RsyncOptions {
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/**
 * Who files belong to, and who the daemon is while it works in a module: not root, and the user that most images with
 * one of their own have. The daemon sees no process of the machine's (a PID namespace of its own) and no file beyond the
 * module (chroot), so links in there lead nowhere else and need no munging.
 */
export const FILES_OWNER = 1000;

export function createRsyncDaemon({ folder, address, port, env, log }: RsyncOptions): RsyncDaemon {
  const config = join(folder, "rsyncd.conf");
  const secrets = join(folder, "secrets");
  return {
    async serve(modules) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(secrets, modules.map((one) => `${one.id}:${one.password}\n`).join(""), { sync: false });
      await writeFileAtomic(config, rsyncConfig({ folder, address, port, secrets, modules }), { sync: false });
    },
    endSessions,
    async supervise(signal) {
      const args = [
        "--pid",
        "--fork",
        "--kill-child=SIGKILL",
        "--",
        "rsync",
        "--daemon",
        "--no-detach",
        `--config=${config}`,
      ];
      while (!signal.aborted) {
        await endFormer(config);
        try {
          await run("unshare", args, { env, signal });
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof CiloError)) throw error;
          log.warn("rsync ended", { err: error });
          if (error.code === BaseCode.commandNotFound) await delay(30_000, signal).catch(() => undefined);
        }
        await delay(1000, signal).catch(() => undefined);
      }
    },
  };
}

/** Pure. Nothing of a client's stands in it: identifiers are digits and letters, folders are the agent's own. */
function rsyncConfig(options: {
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly secrets: string;
  readonly modules: readonly SyncModule[];
}): string {
  const { folder, address, port, secrets, modules } = options;
  const global = [
    `address = ${address}`,
    `port = ${port}`,
    "log file = /dev/null",
    "use chroot = yes",
    "list = no",
    "reverse lookup = no",
    "numeric ids = yes",
    "strict modes = yes",
    `secrets file = ${secrets}`,
    `lock file = ${join(folder, "lock")}`,
    "max connections = 8",
    "timeout = 300",
    `uid = ${FILES_OWNER}`,
    `gid = ${FILES_OWNER}`,
  ];
  return `${[...global, ...modules.flatMap(moduleLines)].join("\n")}\n`;
}

function moduleLines({ id, files, workspace, devices }: SyncModule): string[] {
  const access = [
    `auth users = ${id}`,
    `hosts allow = ${devices.length === 0 ? "127.255.255.255" : devices.join(" ")}`,
  ];
  const upload = [`[${id}]`, `path = ${files}`, "read only = no", ...access];
  if (workspace === undefined) return upload;
  return [...upload, `[${id}-workspace]`, `path = ${workspace}`, "read only = yes", ...access];
}

/** A new password for a module. */
export function syncPassword(): string {
  return randomBytes(24).toString("base64url");
}

async function endSessions(folder: string, signal: AbortSignal): Promise<void> {
  for (let round = 0; ; round += 1) {
    const sessions = await processesIn(folder);
    if (sessions.length === 0) return;
    for (const pid of sessions) kill(pid);
    await delay(Math.min(10 * 2 ** round, 500), signal);
  }
}

/** Ends the daemon of an agent that was killed: it holds the port. */
async function endFormer(config: string): Promise<void> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  for (const pid of pids) {
    const [program = "", ...args] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (/^(?:.*\/)?(?:unshare|rsync)$/u.test(program) && args.includes(`--config=${config}`)) kill(Number(pid));
  }
}

/** Processes whose root is that folder: a session is known by its chroot, whatever it calls itself. */
async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const roots = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/root`).catch(() => "")));
  return pids.flatMap((pid, index) => (roots[index] === folder ? [Number(pid)] : []));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
