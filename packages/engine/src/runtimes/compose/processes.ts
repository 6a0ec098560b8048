import { readdir, readFile } from "node:fs/promises";
import { poll, run } from "@cilo/base";

/**
 * Arguments that come before Compose's subcommand. Their fixed shape is what {@link endProcesses} knows our processes by.
 * No `.env` is read, whatever folder the file lies in.
 */
export function composeArguments(composeProject: string, composeFile: string): string[] {
  return ["--ansi", "never", "-p", composeProject, "--env-file", "/dev/null", "-f", composeFile];
}

/** Subcommands that change something at the engine. */
const CHANGING = new Set(["up", "stop", "restart"]);

/**
 * Ends the Compose processes that change this project and answers whether there were any. A killed `cilo` leaves its
 * Compose child running; the caller holds the project's lock, so any such process is one of those.
 */
export async function endProcesses(
  composeProject: string,
  options: { readonly signal: AbortSignal },
): Promise<boolean> {
  const found = await composeProcesses(composeProject, options);
  await Promise.all(found.map((pid) => end(pid, options.signal)));
  return found.length > 0;
}

/** True for the argument list of a changing Compose command that was made with {@link composeArguments}. */
export function changesProject(argv: readonly string[], composeProject: string): boolean {
  const at = argv.indexOf("--ansi");
  if (at === -1) return false;
  const ours = composeArguments(composeProject, "");
  const matches = ours.slice(0, -1).every((argument, index) => argv[at + index] === argument);
  return matches && CHANGING.has(argv[at + ours.length] ?? "");
}

async function composeProcesses(composeProject: string, options: { readonly signal: AbortSignal }): Promise<number[]> {
  return process.platform === "linux"
    ? await processesInProc(composeProject)
    : await processesFromPs(composeProject, options);
}

async function processesInProc(composeProject: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name)).map(Number);
  const matches = await Promise.all(
    pids.map(async (pid) => {
      // A process that ended meanwhile, or of another user, is none of ours.
      const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return changesProject(commandLine.split("\0"), composeProject);
    }),
  );
  return pids.filter((pid, index) => matches[index] === true && pid !== process.pid);
}

async function processesFromPs(composeProject: string, options: { readonly signal: AbortSignal }): Promise<number[]> {
  const { stdout } = await run("/bin/ps", ["-axww", "-o", "pid=,command="], { ...options, env: {} });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, commandLine] = /^\s*(\d+)\s+(.*)$/u.exec(line) ?? [];
    return pid !== undefined && commandLine !== undefined && lineChangesProject(commandLine, composeProject)
      ? [Number(pid)]
      : [];
  });
}

/** As {@link changesProject}, where the arguments come as one line and the path of the Compose file may have spaces. */
export function lineChangesProject(commandLine: string, composeProject: string): boolean {
  const prefix = ` ${composeArguments(composeProject, "").join(" ")}`;
  const at = commandLine.indexOf(prefix);
  return at !== -1 && /\.ya?ml (?:up --|restart --|stop$)/u.test(commandLine.slice(at + prefix.length));
}

/** SIGTERM, after five seconds SIGKILL, to its whole group: `run` gives each child a group of its own. */
async function end(pid: number, signal: AbortSignal): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const gone = (): boolean => !isAlive(pid);
  try {
    await poll(gone, { signal, timeoutMs: 5000, what: `process ${pid} to end` });
  } catch (error) {
    signal.throwIfAborted();
    signalGroup(pid, "SIGKILL");
    await poll(gone, { signal, timeoutMs: 5000, what: `process ${pid} to end`, intervalMs: 10 }).catch(() => {
      throw error;
    });
  }
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPERM") return true;
    return false;
  }
}
