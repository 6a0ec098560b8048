import type { OperationContext, UpResult } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { showProgress } from "./progress.ts";

/**
 * Runs an operation of the engine with its progress shown, and prints its notices afterwards: all of them when it
 * failed, and when `isTold` says so of what it answers.
 */
export async function withProgress<T>(
  context: CiloContext,
  work: (operation: OperationContext) => Promise<T>,
  isTold: (answer: T) => boolean = () => true,
): Promise<T> {
  const notices: string[] = [];
  const tell = (): void => notices.forEach((notice) => context.output.notice(notice));
  try {
    const answer = await watched(context, notices, work);
    if (isTold(answer)) tell();
    return answer;
  } catch (error) {
    tell();
    throw error;
  }
}

async function watched<T>(
  context: CiloContext,
  notices: string[],
  work: (operation: OperationContext) => Promise<T>,
): Promise<T> {
  using view = showProgress(context.output, context.streams.stderr);
  return await work({
    signal: context.signal,
    onEvent: (event) => {
      if (event.kind === "notice") notices.push(event.notice.message);
      else view.onEvent(event);
    },
  });
}

/** An `up` that changed nothing tells nothing again. */
export function didSomething({ created, changed }: UpResult): boolean {
  return created || changed;
}
