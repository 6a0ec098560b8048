import { access, constants, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { type RunOptions, type RunResult, run } from "@cilo/base";

/** What the set-up needs to know of the machine it runs on. */
export interface Machine {
  /** `debian`, `ubuntu`, …: the ID of os-release; empty where there is none. */
  readonly distribution: string;
  /** `bookworm`, `noble`, …; empty when unknown. */
  readonly codename: string;
  /** Packages can be installed with apt-get. */
  readonly hasApt: boolean;
  readonly hasSystemd: boolean;
  readonly isRoot: boolean;
  readonly user: string;
  readonly signal: AbortSignal;
}

/** Looks at the machine. Changes nothing. */
export async function describeMachine(signal: AbortSignal): Promise<Machine> {
  const release = osRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));
  return {
    distribution: release["ID"] ?? "",
    codename: release["VERSION_CODENAME"] ?? "",
    hasApt: await hasProgram("apt-get"),
    hasSystemd: await isThere("/run/systemd/system"),
    isRoot: process.getuid?.() === 0,
    user: userInfo().username,
    signal,
  };
}

function osRelease(text: string): Record<string, string> {
  const pairs = text.matchAll(/^([A-Z_]+)=["']?([^"'\n]*)["']?$/gmu);
  return Object.fromEntries(Array.from(pairs, ([, key = "", value = ""]) => [key, value]));
}

/** True when the program is on the PATH or in the folders of system programs. */
export async function hasProgram(name: string): Promise<boolean> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  const found = await Promise.all(folders.map((folder) => isThere(join(folder, name), constants.X_OK)));
  return found.includes(true);
}

/** True when the file is there (and allows `mode`). */
export async function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Runs a program with this process's environment. */
export async function command(
  machine: Machine,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<RunResult> {
  const [file = "", ...args] = argv;
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", PATH: path, ...options.env };
  return await run(file, args, { ...options, signal: machine.signal, env });
}

export interface CommandOptions extends Partial<Pick<RunOptions, "cwd" | "input" | "onLine">> {
  /** On top of this process's own variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** As {@link command}, with root's rights: through sudo where this is not root. */
export async function rootCommand(machine: Machine, argv: readonly string[]): Promise<RunResult> {
  return await command(machine, machine.isRoot ? argv : ["sudo", "--", ...argv]);
}

/** A command line for people that needs root's rights. */
export function typedAsRoot(machine: Machine, line: string): string {
  return machine.isRoot ? line : `sudo ${line}`;
}

/** True when the command ends with status 0. */
export async function succeeds(machine: Machine, argv: readonly string[]): Promise<boolean> {
  return await command(machine, argv).then(
    () => true,
    () => false,
  );
}
