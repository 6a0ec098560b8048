import { type StricliProcess, run } from "@stricli/core";
import { applicationFor } from "./application.ts";
import { separateChildArguments } from "./child-arguments.ts";
import type { CiloContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { internalCommand } from "./internal/internal-commands.ts";
import { type Once, once } from "./once.ts";
import { createOutput } from "./output.ts";
import type { Prompts } from "./prompts.ts";
import type { Streams } from "./streams.ts";
import { usageError } from "./usage.ts";
import type { Wiring } from "./wiring.ts";

/** What a command line is run in. */
export interface Surroundings {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Absent where the system has none. */
  readonly uid: number | undefined;
  /** The command that starts this program again: a file and its first arguments. */
  readonly self: readonly [file: string, ...args: string[]];
  readonly signal: AbortSignal;
  readonly attached: <T>(work: () => Promise<T>) => Promise<T>;
  /** Absent without a terminal. */
  readonly prompts: Prompts | undefined;
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
  const wiring = once(surroundings.wiring ?? (() => wire(surroundings, output.notice)));
  const context: CiloContext = {
    process: stricliProcess,
    streams,
    output,
    env,
    cwd: surroundings.cwd,
    platform: surroundings.platform,
    uid: surroundings.uid,
    self: surroundings.self,
    signal: surroundings.signal,
    attached: surroundings.attached,
    prompts: surroundings.prompts,
    wiring,
    exitWith: (code) => {
      status = code;
    },
  };
  try {
    await using _ = settling(wiring);
    const internal = await internalCommand(argv[0]);
    if (internal !== undefined) return await internal(context, argv.slice(1));
    await run(applicationFor(args), args, context);
    if (complaints.length > 0) return output.error(usageError(complaints, Number(stricliProcess.exitCode)));
    return status ?? ExitCode.ok;
  } catch (error) {
    return output.error(error);
  }
}

/** Leaves nothing of the wiring under way; a wiring that failed has been reported by whoever asked for it. */
function settling(wiring: Once<Wiring>): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      const [made] = await Promise.allSettled([wiring.made()]);
      if (made.status === "fulfilled") await made.value?.settle();
    },
  };
}

async function wire(surroundings: Surroundings, onNotice: (text: string) => void): Promise<Wiring> {
  const { createWiring } = await import("./wiring.ts");
  return await createWiring({ ...surroundings, onNotice });
}
