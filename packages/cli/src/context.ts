import type { StricliProcess } from "@stricli/core";
import type { Output } from "./output.ts";
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
  /** Aborts with an `INTERRUPTED` error on SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Runs `work` while signals are left to the child it attaches to the terminal. */
  readonly attached: <T>(work: () => Promise<T>) => Promise<T>;
  /** Home, engine, addresses and names, built on first use. */
  readonly wiring: () => Promise<Wiring>;
  /** Ends the process with this status instead of 0. */
  exitWith(status: number): void;
}
