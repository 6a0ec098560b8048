import type { OperationContext, Phase } from "./environments.ts";

/** Reports phases and remembers how long each took. */
export interface Progress {
  /** Milliseconds by phase; a phase that ran twice counts both. */
  readonly timings: Readonly<Partial<Record<Phase, number>>>;
  /** Runs one phase between its `started` and `done`; a failure is not `done`. */
  phase<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
}

/** A {@link Progress} that tells `context.onEvent`. */
export function createProgress(context: OperationContext): Progress {
  const timings: Partial<Record<Phase, number>> = {};
  return {
    timings,
    async phase(phase, work) {
      const started = performance.now();
      context.onEvent({ kind: "phase", phase, state: "started" });
      const answer = await work();
      const durationMs = Math.round(performance.now() - started);
      timings[phase] = (timings[phase] ?? 0) + durationMs;
      context.onEvent({ kind: "phase", phase, state: "done", durationMs });
      return answer;
    },
  };
}
