import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { CiloError, isCiloError, isErrno, poll, readFileIfThere, run } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { invokingUser, isRoot } from "../owner.ts";

type Env = Readonly<Record<string, string | undefined>>;

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
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/** What every instance has: nothing of the system's configuration, loopback only, no upstream of its own. */
const COMMON_ARGS = ["--bind-interfaces", "--no-resolv", "--no-hosts", "--no-negcache", "--dns-forward-max=2000"];

/**
 * Starts the instance; when this returns it listens.
 * @throws CiloError `DNSMASQ_MISSING`, `DNS_PORT_TAKEN`, `DNS_FAILED`
 */
export async function startInstance(instance: Instance, context: ProcessContext): Promise<void> {
  const program = await findDnsmasq(context);
  const args = [
    // The first --conf-file keeps /etc/dnsmasq.conf out; /dev/null because there has to be one.
    ...(instance.args.some((arg) => arg.startsWith("--conf-file=")) ? [] : ["--conf-file=/dev/null"]),
    ...COMMON_ARGS,
    ...(await userArgs(context)),
    `--listen-address=${instance.address ?? "127.0.0.1"}`,
    `--port=${instance.port}`,
    `--pid-file=${pidFileOf(instance)}`,
    `--log-facility=${join(instance.dir, `${instance.name}.log`)}`,
    ...instance.args,
  ];
  try {
    await run(program, args, { signal: context.signal, env: { PATH: context.env["PATH"], LC_ALL: "C" } });
  } catch (error) {
    if (isCiloError(error, "COMMAND_FAILED")) throw startFailed(instance, error);
    throw error;
  }
}

/** Ends the instance, if it runs, and waits until its port is free. */
export async function stopInstance(instance: Instance, context: ProcessContext): Promise<void> {
  const pid = await pidOf(instance, context);
  if (pid === undefined) return;
  signalProcess(pid, "SIGTERM");
  const isGone = (): Promise<boolean> => hasEnded(pid, context);
  try {
    await poll(isGone, { signal: context.signal, timeoutMs: 1000, intervalMs: 1, what: "dnsmasq to end" });
  } catch (error) {
    if (!isCiloError(error, "TIMEOUT")) throw error;
    signalProcess(pid, "SIGKILL");
    await poll(isGone, { signal: context.signal, timeoutMs: 2000, what: `dnsmasq (process ${pid}) to be killed` });
  }
}

/** Makes the instance read its files again. Answers false when it does not run. */
export async function rereadInstance(instance: Instance, context: ProcessContext): Promise<boolean> {
  const pid = await pidOf(instance, context);
  if (pid !== undefined) signalProcess(pid, "SIGHUP");
  return pid !== undefined;
}

/** The process id of the instance while it runs. */
export async function pidOf(
  instance: Instance,
  context: Pick<ProcessContext, "platform" | "signal">,
): Promise<number | undefined> {
  const pid = Number(await readFileIfThere(pidFileOf(instance)));
  return Number.isInteger(pid) && pid > 1 && (await isInstance(instance, pid, context)) ? pid : undefined;
}

function pidFileOf(instance: Instance): string {
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
async function hasEnded(pid: number, context: ProcessContext): Promise<boolean> {
  if (context.platform !== "linux") {
    const ps = { signal: context.signal, env: {}, expect: [0, 1] };
    return /^Z?$/u.test((await run("/bin/ps", ["-o", "stat=", "-p", String(pid)], ps)).stdout.trim().slice(0, 1));
  }
  const stat = await readProc(pid, "stat");
  return stat === undefined || /\) [ZX] /u.test(stat);
}

function signalProcess(pid: number, name: NodeJS.Signals): void {
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

/** Started by root it would drop to a user of its own, whom nobody could signal later: it stays ours. */
async function userArgs(context: ProcessContext): Promise<string[]> {
  if (!isRoot()) return [];
  const user = invokingUser(context.env)?.name ?? "root";
  const group = await run("id", ["-gn", "--", user], { signal: context.signal, env: context.env });
  return [`--user=${user}`, `--group=${group.stdout.trim()}`];
}

/** Folders that are often not on an ordinary user's PATH. */
const MORE_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/sbin", "/opt/local/sbin"];

/**
 * Where dnsmasq is.
 * @throws CiloError `DNSMASQ_MISSING` with the command that installs it
 */
export async function findDnsmasq(
  context: Pick<ProcessContext, "env" | "platform"> & { readonly folders?: readonly string[] },
): Promise<string> {
  const folders = [
    ...(context.env["PATH"] ?? "").split(delimiter).filter((folder) => folder.startsWith("/")),
    ...(context.folders ?? MORE_FOLDERS),
  ];
  const found = await firstExecutable(folders.map((folder) => join(folder, "dnsmasq")));
  if (found !== undefined) return found;
  throw new CiloError(NetworkCode.dnsmasqMissing, "dnsmasq, which answers for the names, is not installed", {
    hint: await installHint(context.platform),
  });
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!isErrno(error, "ENOENT", "EACCES", "ENOTDIR")) throw error;
    }
  }
  return undefined;
}

/** `dnsmasq-base` is the program without the system service that would take port 53. */
async function installHint(platform: NodeJS.Platform): Promise<string> {
  if (platform === "darwin") return "brew install dnsmasq";
  const managers = [
    ["/usr/bin/apt-get", "sudo apt-get install dnsmasq-base"],
    ["/usr/bin/dnf", "sudo dnf install dnsmasq"],
    ["/usr/bin/pacman", "sudo pacman -S dnsmasq"],
    ["/usr/bin/zypper", "sudo zypper install dnsmasq"],
    ["/sbin/apk", "sudo apk add dnsmasq"],
  ] as const;
  const found = await firstExecutable(managers.map(([path]) => path));
  return managers.find(([path]) => path === found)?.[1] ?? "Install the package dnsmasq";
}

function startFailed(instance: Instance, cause: CiloError): CiloError {
  const place = `port ${instance.port} of ${instance.address ?? "127.0.0.1"}`;
  if (/permission denied/iu.test(cause.message) && instance.port < 1024)
    return new CiloError(NetworkCode.needsRoot, `listening on ${place} needs root`, { cause, hint: "sudo cilo init" });
  if (/address already in use/iu.test(cause.message))
    return new CiloError(NetworkCode.dnsPortTaken, `${place} is taken by another program`, {
      cause,
      hint: "Choose another one: cilo init --dns-port N",
    });
  return new CiloError(NetworkCode.dnsFailed, `dnsmasq does not start: ${lastPart(cause.message)}`, {
    cause,
    hint: `cilo doctor; its log is ${join(instance.dir, `${instance.name}.log`)}`,
  });
}

function lastPart(message: string): string {
  return message.split("dnsmasq: ").at(-1) ?? message;
}
