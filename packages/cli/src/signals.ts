import { CiloError } from "@cilo/base";
import { CliCode } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** The process's signals as one `AbortSignal`. */
export interface Signals {
  readonly signal: AbortSignal;
  /** Runs `work` with the signals left to the child that it attaches to the terminal. */
  attached<T>(work: () => Promise<T>): Promise<T>;
}

const NAMES = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first SIGINT, SIGTERM or SIGHUP (a closed terminal) aborts, so that what is half made can be undone; the second ends the process at once. */
export function listenToSignals(target: NodeJS.Process): Signals {
  const controller = new AbortController();
  let listening = true;
  const onSignal = (): void => {
    if (!listening) return;
    if (controller.signal.aborted) target.exit(ExitCode.interrupted);
    controller.abort(new CiloError(CliCode.interrupted, "interrupted"));
  };
  for (const name of NAMES) target.on(name, onSignal);
  return {
    signal: controller.signal,
    attached: async (work) => {
      listening = false;
      try {
        return await work();
      } finally {
        listening = true;
      }
    },
  };
}
