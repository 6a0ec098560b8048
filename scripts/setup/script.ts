import { isCiloError } from "@cilo/base";

/**
 * Runs a script's work with a signal that SIGINT and SIGTERM abort. A failure someone can act on is told in one line
 * with the next step, any other with its stack; the status is 1, or 130 when it was interrupted.
 */
export async function runScript(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const interrupted = new Error("interrupted");
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort(interrupted));
  try {
    await work(stop.signal);
  } catch (error) {
    if (error !== interrupted) tell(error);
    process.exitCode = error === interrupted ? 130 : 1;
  }
}

function tell(error: unknown): void {
  if (!isCiloError(error)) console.error(error);
  else console.error(`error: ${error.message}${error.hint === undefined ? "" : ` — ${error.hint}`}`);
}
