import type { Notice } from "../spec/spec.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { OperationContext } from "./environments.ts";
import type { Operation } from "./operation.ts";
import { type Progress, createProgress } from "./progress.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Workspaces } from "./workspaces.ts";
import { fileWorkspaces } from "./file-workspaces.ts";

/** One changing command under way: what all of its steps need. The environment's lock is held. */
export interface Work {
  readonly deps: EnvironmentsDeps;
  readonly runtime: Runtime;
  readonly workspaces: Workspaces;
  readonly operation: Operation;
  readonly context: OperationContext;
  readonly progress: Progress;
  /** What the user was told so far, for the result. */
  readonly notices: readonly Notice[];
  /** Tells the user something once. */
  notify(notice: Notice): void;
}

export function createWork(
  deps: EnvironmentsDeps,
  request: { readonly runtime: string; readonly operation: Operation; readonly context: OperationContext },
): Work {
  const { operation, context } = request;
  const notices: Notice[] = [];
  return {
    deps,
    runtime: deps.runtimes(request.runtime),
    workspaces: deps.workspaces ?? fileWorkspaces,
    operation,
    context,
    progress: createProgress(context),
    notices,
    notify(notice) {
      if (notices.some((told) => JSON.stringify(told) === JSON.stringify(notice))) return;
      notices.push(notice);
      context.onEvent({ kind: "notice", notice });
    },
  };
}

/** The same work with its own time to end in: for clean-up after the first one was aborted or failed. */
export function cleanUpWork(work: Work, withinMs: number): Work {
  return { ...work, context: { ...work.context, signal: AbortSignal.timeout(withinMs) } };
}
