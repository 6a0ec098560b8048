import type { StricliProcess } from "@stricli/core";
import type { Output } from "./output.ts";
import type { Prompts } from "./prompts.ts";
import type { Streams } from "./streams.ts";
import type { Wiring } from "./wiring.ts";

/** Everything a command may touch of the world. Built once by `runCilo`. */
export interface CiloContext {
  /** Stricli's own view; commands use {@link output}. */
  readonly process: StricliProcess;
  readonly streams: Streams;
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Absent where the system has none. */
  readonly uid: number | undefined;
  /** The command that starts this program again: a file and its first arguments. */
  readonly self: readonly [file: string, ...args: string[]];
  /** Aborts with an `INTERRUPTED` error on SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Runs `work` while signals are left to the child it attaches to the terminal. */
  readonly attached: <T>(work: () => Promise<T>) => Promise<T>;
  /** Absent without a terminal: then nothing is asked. */
  readonly prompts: Prompts | undefined;
  /** Home, engine, addresses and names, built on first use. */
  readonly wiring: () => Promise<Wiring>;
  /** While completions are proposed: the words so far, the command's own among them. */
  readonly words?: readonly string[];
  /** Ends the process with this status instead of 0. */
  exitWith(status: number): void;
}
