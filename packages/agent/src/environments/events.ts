import type { EnvironmentEvent, EnvironmentId } from "@cilo/api";

/** What happens on the machine, as it happens. Nothing is kept: what is so now, `status` and `health` tell. */
export interface Events {
  emit(event: EnvironmentEvent): void;
  /** From now on, of one environment or of all, until the signal aborts. A reader that is too slow loses the oldest. */
  subscribe(environmentId: EnvironmentId | undefined, signal: AbortSignal): AsyncGenerator<EnvironmentEvent>;
}

/** Events that wait for one reader. */
const MOST_WAITING = 1000;

export function createEvents(): Events {
  const readers = new Set<(event: EnvironmentEvent) => void>();
  return {
    emit: (event) => {
      for (const reader of readers) reader(event);
    },
    async *subscribe(environmentId, signal) {
      const waiting: EnvironmentEvent[] = [];
      let wake = (): void => undefined;
      const reader = (event: EnvironmentEvent): void => {
        if (environmentId !== undefined && event.environmentId !== environmentId) return;
        if (waiting.length >= MOST_WAITING) waiting.shift();
        waiting.push(event);
        wake();
      };
      const onAbort = (): void => wake();
      signal.addEventListener("abort", onAbort, { once: true });
      readers.add(reader);
      try {
        while (!signal.aborted) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        readers.delete(reader);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
