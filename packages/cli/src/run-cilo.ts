import { type StricliProcess, run } from "@stricli/core";
import { application } from "./application.ts";
import { separateChildArguments } from "./child-arguments.ts";
import type { CiloContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { createOutput } from "./output.ts";
import type { Streams } from "./streams.ts";
import { usageError } from "./usage.ts";
import type { Wiring } from "./wiring.ts";

/** What a command line is run in. */
export interface Surroundings {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Absent where the system has none. */
  readonly uid: number | undefined;
  readonly pid: number;
  readonly signal: AbortSignal;
  readonly attached: <T>(work: () => Promise<T>) => Promise<T>;
  /** In place of the real ones, for tests. */
  readonly wiring?: () => Promise<Wiring>;
}

/** Runs one command line, from its arguments to its exit status. Never throws. */
export async function runCilo(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { streams, env } = surroundings;
  const args = separateChildArguments(argv);
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const output = createOutput({ streams, env, json: own.includes("--json"), quiet: own.includes("--quiet") });
  const complaints: string[] = [];
  let status: number | undefined;
  const stricliProcess: StricliProcess = {
    stdout: streams.stdout,
    stderr: { write: (line) => void complaints.push(line) },
    env: { STRICLI_NO_COLOR: streams.stdout.isTTY === true && !env["NO_COLOR"] ? "0" : "1" },
  };
  const context: CiloContext = {
    process: stricliProcess,
    streams,
    output,
    env,
    cwd: surroundings.cwd,
    signal: surroundings.signal,
    attached: surroundings.attached,
    wiring: once(surroundings.wiring ?? (() => wire(surroundings, output.notice))),
    exitWith: (code) => {
      status = code;
    },
  };
  try {
    await run(application, args, context);
    if (complaints.length > 0) return output.error(usageError(complaints, Number(stricliProcess.exitCode)));
    return status ?? ExitCode.ok;
  } catch (error) {
    return output.error(error);
  }
}

async function wire(surroundings: Surroundings, onNotice: (text: string) => void): Promise<Wiring> {
  const { createWiring } = await import("./wiring.ts");
  return await createWiring({ ...surroundings, onNotice });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => await (made ??= make());
}
