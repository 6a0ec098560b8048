import type { OperationContext } from "@cilo/engine";

/** Milliseconds by phase of a command that works with a server. */
export interface CloudPhases {
  readonly timings: Readonly<Record<string, number>>;
  /** Runs one phase, told to the user while it lasts. Phases may overlap. */
  phase<T>(name: string, doing: string, work: () => Promise<T>): Promise<T>;
}

export function createPhases(operation: OperationContext): CloudPhases {
  const timings: Record<string, number> = {};
  return {
    timings,
    async phase(name, doing, work) {
      const started = performance.now();
      operation.onEvent({ kind: "engine", line: doing });
      try {
        return await work();
      } finally {
        timings[name] = (timings[name] ?? 0) + Math.round(performance.now() - started);
      }
    },
  };
}
