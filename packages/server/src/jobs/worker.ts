import { delay } from "@cilo/base";
import type { PgBoss } from "pg-boss";

/** A job whose worker has not been heard of for so long is another's to begin again. */
export const HEARTBEAT_SECONDS = 15;
const HEARTBEAT_MS = 5000;
const POLL_MS = 2000;

export type Run = (data: unknown, signal: AbortSignal) => Promise<void>;

export interface Worker extends AsyncDisposable {
  /** Looks for jobs now. */
  wake(): void;
}

interface WorkerOptions {
  readonly boss: PgBoss;
  readonly name: string;
  readonly run: Run;
  readonly concurrency: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Does the jobs of one queue, so many at a time. pg-boss has workers too, but each of them asks the database by itself
 * when a job is sent: sixty-four questions for one job. This one asks once, for as many as it can take.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { boss, name, concurrency } = options;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let isWanted = true;
  let wake = (): void => undefined;

  const look = async (): Promise<void> => {
    isWanted = false;
    const jobs = await boss.fetch(name, { batchSize: concurrency - running.size });
    for (const { id, data } of jobs) {
      const ended = perform(options, { id, data, signal: stopping.signal }).finally(() => {
        const wasFull = running.size >= concurrency;
        running.delete(id);
        if (wasFull) wake();
      });
      running.set(id, ended);
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        if (running.size < concurrency) await look();
      } catch (error) {
        options.onError(error);
      }
      if (!isWanted) await pause();
    }
  };
  const pause = async (): Promise<void> => {
    const waking = new AbortController();
    wake = () => waking.abort();
    await delay(POLL_MS, AbortSignal.any([waking.signal, stopping.signal])).catch(() => undefined);
  };
  const beat = setInterval(() => {
    if (running.size > 0) boss.touch(name, [...running.keys()]).catch(options.onError);
  }, HEARTBEAT_MS);
  const ended = loop();
  return {
    wake: () => {
      isWanted = true;
      wake();
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await ended;
      await Promise.allSettled(running.values());
      clearInterval(beat);
    },
  };
}

/** Never rejects. A job that was given up because the server stops goes back, for another server to begin at once. */
async function perform(
  { boss, name, run, onError }: WorkerOptions,
  { id, data, signal }: { id: string; data: unknown; signal: AbortSignal },
): Promise<void> {
  try {
    try {
      await run(data, signal);
      await boss.complete(name, id);
    } catch (error) {
      await boss.fail(name, id, { message: error instanceof Error ? error.message : String(error) });
      if (!signal.aborted) onError(error);
    }
  } catch (error) {
    onError(error);
  }
}
