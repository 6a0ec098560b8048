import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

/** The command of this checkout, as `npx cilo` finds it. */
export const ciloProgram = resolve(import.meta.dirname, "../../../packages/cli/bin/cilo");

export interface CiloOptions {
  readonly cwd?: string;
  /** On top of the test's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input. */
  readonly input?: string;
}

export interface CiloCall {
  readonly args: readonly string[];
  /** 128 + n when signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cilo` to its end. */
export async function callCilo(args: readonly string[], options: CiloOptions): Promise<CiloCall> {
  const { child, done } = startCilo(args, options);
  child.stdin?.end(options.input ?? "");
  return await done;
}

/** Starts `cilo` in a process group of its own, for tests that kill it midway. */
export function startCilo(
  args: readonly string[],
  options: CiloOptions,
): { readonly child: ChildProcess; readonly done: Promise<CiloCall> } {
  const child = spawn(ciloProgram, args, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const status = new Promise<number>((resolveStatus, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolveStatus(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
  const done = Promise.all([status, text(child.stdout), text(child.stderr)]).then(([exitCode, stdout, stderr]) => {
    return { args, exitCode, stdout, stderr };
  });
  return { child, done };
}
