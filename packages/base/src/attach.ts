import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { definedOnly, notStarted } from "./program.ts";

export interface AttachOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Which of the caller's standard streams the child gets. Default: all three. */
  readonly stdio?: "inherit" | readonly ["inherit" | "ignore", "inherit" | "ignore", "inherit" | "ignore"];
  /** The child writes through this to the caller's stdout, instead of straight to it. */
  readonly stdoutThrough?: Transform;
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
    stdio: childStdio(options),
  });
  const passOn = (name: NodeJS.Signals): void => void child.kill(name);
  const ignoreInterrupt = (): void => undefined;
  process.on("SIGTERM", passOn).on("SIGHUP", passOn).on("SIGINT", ignoreInterrupt);
  const onAbort = (): void => passOn("SIGTERM");
  options.signal.addEventListener("abort", onAbort);
  const through = passThrough(child, options.stdoutThrough);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (cause) => reject(notStarted(file, cause)));
      child.once("close", (code, name) => resolve(code ?? 128 + signalNumber(name)));
    });
  } finally {
    await through;
    options.signal.removeEventListener("abort", onAbort);
    process.off("SIGTERM", passOn).off("SIGHUP", passOn).off("SIGINT", ignoreInterrupt);
  }
}

function childStdio({ stdio, stdoutThrough }: AttachOptions): StdioOptions {
  const [stdin, stdout, stderr] =
    stdio === undefined || stdio === "inherit" ? (["inherit", "inherit", "inherit"] as const) : stdio;
  return [stdin, stdoutThrough === undefined ? stdout : "pipe", stderr];
}

/** Never fails: when the reader of our stdout is gone, the child is told as a pipe would tell it. */
async function passThrough(child: ChildProcess, through: Transform | undefined): Promise<void> {
  if (through === undefined || child.stdout === null) return;
  await pipeline(child.stdout, through, process.stdout, { end: false }).catch(() => child.kill("SIGPIPE"));
}

function signalNumber(name: NodeJS.Signals | null): number {
  return name === null ? 0 : constants.signals[name];
}
