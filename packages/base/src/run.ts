import { stopGroupOnAbort } from "./process-group.ts";
import { commandFailed, definedOnly, notStarted } from "./program.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** The child's whole environment. Nothing is inherited that is not named here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to the child's standard input, which is then closed; absent means no input. */
  readonly input?: string | Uint8Array;
  /** A file to read standard input from, instead of `input`: for what is too large to hold. */
  readonly inputFile?: string;
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

/**
 * Runs a program to its end: a file and an argument array, never a shell. When `signal` aborts, its whole process
 * group gets SIGTERM, then SIGKILL, and the signal's reason is thrown.
 *
 * @throws CiloError `COMMAND_NOT_FOUND` when there is no such program, `COMMAND_FAILED` with the command, its status
 * and the last lines of its stderr when it ends in a status that `expect` does not list.
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { execa } = await import("execa");
  options.signal.throwIfAborted();
  const child = execa(file, [...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: definedOnly(options.env),
    extendEnv: false,
    ...standardInput(options),
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
    reject: false,
    // A process group of its own, so that it can be stopped with everything it starts.
    detached: true,
  });
  const listenerFailed = new AbortController();
  await using _ = stopGroupOnAbort(AbortSignal.any([options.signal, listenerFailed.signal]), child.pid);
  const lines = followLines(child, options.onLine, listenerFailed);
  const result = await child;
  await lines;
  options.signal.throwIfAborted();
  listenerFailed.signal.throwIfAborted();
  if (result.exitCode === undefined && result.signal === undefined) throw notStarted(file, result.cause, options.cwd);
  const exitCode = result.exitCode ?? 128;
  const answer = { exitCode, stdout: result.stdout, stderr: result.stderr };
  if ((options.expect ?? [0]).includes(exitCode) && result.signal === undefined) return answer;
  throw commandFailed(file, args, {
    status: result.signal ?? `status ${exitCode}`,
    stderr: result.stderr || result.stdout,
  });
}

function standardInput({ input, inputFile }: RunOptions): object {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? { stdin: "ignore" } : { input };
}

/** Tells the listener of each line. When it throws, `failed` aborts with what it threw and it is told no more. */
async function followLines(
  child: AsyncIterableChild,
  onLine: RunOptions["onLine"],
  failed: AbortController,
): Promise<void> {
  if (onLine === undefined) return;
  const follow = async (from: "stdout" | "stderr"): Promise<void> => {
    // Left early, the iterator would wait for the program's end; so it is read to it in any case.
    for await (const line of child.iterable({ from })) {
      try {
        if (!failed.signal.aborted) onLine(line, from);
      } catch (error) {
        failed.abort(error);
      }
    }
  };
  // The iterators repeat the program's own failure, which `run` reports itself.
  await Promise.allSettled([follow("stdout"), follow("stderr")]);
}

interface AsyncIterableChild {
  iterable(options: { from: "stdout" | "stderr" }): AsyncIterable<string>;
}
