import { spawn } from "node:child_process";
import { BaseCode, CiloError, printable } from "./errors.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** The child's whole environment. Nothing is inherited that is not named here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to the child's standard input, which is then closed; absent means no input. */
  readonly input?: string | Uint8Array;
  /** Exit statuses that are an answer, not a failure. Default: `[0]`. */
  readonly expect?: readonly number[];
  /** Called for each line of stdout and stderr as it is written. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a child has after SIGTERM before its whole group gets SIGKILL. */
const KILL_AFTER_MS = 5000;

/**
 * Runs a program to its end: a file and an argument array, never a shell. When `signal` aborts, its whole process
 * group gets SIGTERM, then SIGKILL, and the signal's reason is thrown.
 *
 * @throws CiloError `COMMAND_NOT_FOUND` when there is no such program, `COMMAND_FAILED` with the command, its status
 * and the last lines of its stderr when it ends in a status that `expect` does not list.
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const { execa } = await import("execa");
  const child = execa(file, [...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: definedOnly(options.env),
    extendEnv: false,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
    reject: false,
    detached: true,
    cleanup: true,
  });
  const stopGroup = killGroupOnAbort(options.signal, () => child.pid);
  const lines =
    options.onLine === undefined
      ? []
      : [eachLine(child, "stdout", options.onLine), eachLine(child, "stderr", options.onLine)];
  const result = await child.finally(stopGroup);
  await Promise.all(lines);
  options.signal.throwIfAborted();
  if (result.exitCode === undefined && result.signal === undefined) throw notStarted(file, result.cause);
  const exitCode = result.exitCode ?? 128;
  const answer = { exitCode, stdout: result.stdout, stderr: result.stderr };
  if ((options.expect ?? [0]).includes(exitCode) && result.signal === undefined) return answer;
  throw commandFailed(file, args, {
    status: result.signal ?? `status ${exitCode}`,
    stderr: result.stderr || result.stdout,
  });
}

async function eachLine(
  child: AsyncIterableChild,
  from: "stdout" | "stderr",
  onLine: NonNullable<RunOptions["onLine"]>,
): Promise<void> {
  for await (const line of child.iterable({ from })) onLine(line, from);
}

interface AsyncIterableChild {
  iterable(options: { from: "stdout" | "stderr" }): AsyncIterable<string>;
}

export interface AttachOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Which of the caller's standard streams the child gets. Default: all three. */
  readonly stdio?: "inherit" | readonly ["inherit" | "ignore", "inherit" | "ignore", "inherit" | "ignore"];
}

/**
 * Runs a program on the caller's own terminal or pipes and answers its exit status (128 + n after signal n), as a
 * shell would. The child stays in the caller's process group, so that Ctrl-C reaches both; SIGTERM and SIGHUP are
 * passed on.
 *
 * @throws CiloError `COMMAND_NOT_FOUND` when there is no such program.
 */
export async function attach(file: string, args: readonly string[], options: AttachOptions): Promise<number> {
  options.signal.throwIfAborted();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: definedOnly(options.env),
    stdio: options.stdio === undefined || options.stdio === "inherit" ? "inherit" : [...options.stdio],
  });
  const passOn = (name: NodeJS.Signals): void => void child.kill(name);
  const ignoreInterrupt = (): void => undefined;
  process.on("SIGTERM", passOn).on("SIGHUP", passOn).on("SIGINT", ignoreInterrupt);
  const onAbort = (): void => passOn("SIGTERM");
  options.signal.addEventListener("abort", onAbort);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (cause) => reject(notStarted(file, cause)));
      child.once("close", (code, name) => resolve(code ?? 128 + signalNumber(name)));
    });
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    process.off("SIGTERM", passOn).off("SIGHUP", passOn).off("SIGINT", ignoreInterrupt);
  }
}

function signalNumber(name: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGKILL: 9,
    SIGTERM: 15,
  };
  return name === null ? 0 : (numbers[name] ?? 0);
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function killGroupOnAbort(signal: AbortSignal, pid: () => number | undefined): () => void {
  let hard: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    killGroup(pid(), "SIGTERM");
    hard = setTimeout(() => killGroup(pid(), "SIGKILL"), KILL_AFTER_MS);
    hard.unref();
  };
  signal.addEventListener("abort", onAbort);
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(hard);
  };
}

function killGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function notStarted(file: string, cause: unknown): CiloError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT")
    return new CiloError(BaseCode.commandNotFound, `${file} is not installed or not on the PATH`, { cause });
  return new CiloError(
    BaseCode.commandFailed,
    `${file} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}

function commandFailed(
  file: string,
  args: readonly string[],
  failure: { status: string | number; stderr: string },
): CiloError {
  const command = [file, ...args].slice(0, 4).join(" ");
  const last = failure.stderr.split("\n").map(printable).filter(Boolean).slice(-3).join("; ");
  return new CiloError(
    BaseCode.commandFailed,
    `${command}${args.length > 3 ? " …" : ""} ended with ${failure.status}${last === "" ? "" : `: ${last}`}`,
    {
      cause: { command: [file, ...args], stderr: failure.stderr },
    },
  );
}
