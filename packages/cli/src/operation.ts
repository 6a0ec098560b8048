import type { OperationContext } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { showProgress } from "./progress.ts";

/** Runs an operation of the engine with its progress shown. */
export async function withProgress<T>(
  context: CiloContext,
  work: (operation: OperationContext) => Promise<T>,
): Promise<T> {
  using view = showProgress(context.output, context.streams.stderr);
  return await work({ signal: context.signal, onEvent: (event) => view.onEvent(event) });
}
