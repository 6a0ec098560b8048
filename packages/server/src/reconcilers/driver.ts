import type { Logger } from "../log.ts";
import type { Pool } from "pg";

/**
 * A loop that keeps the world right: it takes no input, looks, does what is to be done in one bounded batch, and says
 * in one line what it did. Doing it twice is doing it once. There are no retries inside: the next run is the retry.
 */
export interface Reconciler {
  readonly name: string;
  readonly everyMs: number;
  /** Of all servers on a database one runs it at a time; `each`: every server runs its own. */
  readonly runs: "once" | "each";
  readonly run: (signal: AbortSignal) => Promise<string>;
}

export interface LastRun {
  readonly name: string;
  readonly lastRun: Date | null;
  readonly durationMs: number | null;
  readonly result: string;
}

export interface Driver extends AsyncDisposable {
  /** Runs it soon; while it runs, once more after. Unknown names are ignored: another version's. */
  nudge(name: string): void;
  nudgeAll(): void;
  lastRuns(): LastRun[];
}

const LONGEST_RUN_MS = 120_000;

/** Starts each by its timer and by nudges, one run of each at a time. Disposing ends what runs and waits for it. */
export function startDriver(reconcilers: readonly Reconciler[], options: { pool: Pool; log: Logger }): Driver {
  const stopping = new AbortController();
  const loops = reconcilers.map((reconciler) => createLoop(reconciler, { ...options, signal: stopping.signal }));
  return {
    nudge: (name) => loops.find((loop) => loop.last().name === name)?.nudge(),
    nudgeAll: () => {
      for (const loop of loops) loop.nudge();
    },
    lastRuns: () => loops.map((loop) => loop.last()),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.all(loops.map((loop) => loop.ended));
    },
  };
}

interface Loop {
  nudge(): void;
  last(): LastRun;
  readonly ended: Promise<void>;
}

function createLoop(reconciler: Reconciler, options: { pool: Pool; log: Logger; signal: AbortSignal }): Loop {
  const { signal } = options;
  let last: LastRun = { name: reconciler.name, lastRun: null, durationMs: null, result: "not yet run" };
  let isNudged = false;
  let wake = (): void => undefined;
  const pause = async (): Promise<void> => {
    if (isNudged || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, reconciler.everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };
  signal.addEventListener("abort", () => wake(), { once: true });
  const loop = async (): Promise<void> => {
    for (;;) {
      await pause();
      if (signal.aborted) return;
      isNudged = false;
      last = await runOnce(reconciler, { ...options, last });
    }
  };
  return {
    nudge: () => {
      isNudged = true;
      wake();
    },
    last: () => last,
    ended: loop(),
  };
}

async function runOnce(
  { name, runs, run }: Reconciler,
  { pool, log, signal, last }: { pool: Pool; log: Logger; signal: AbortSignal; last: LastRun },
): Promise<LastRun> {
  const started = performance.now();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_RUN_MS)]);
  try {
    const result =
      runs === "each" ? await run(limited) : await runAlone(pool, { name, run: async () => await run(limited) });
    return { name, lastRun: new Date(), durationMs: performance.now() - started, result: result ?? last.result };
  } catch (err) {
    if (signal.aborted) return last;
    log.error({ err, reconciler: name }, "a reconciler failed; it runs again");
    const message = err instanceof Error ? err.message : String(err);
    return { name, lastRun: new Date(), durationMs: performance.now() - started, result: `failed: ${message}` };
  }
}

/** Undefined when another server has it. The lock is the session's: it ends with the server, however that ends. */
async function runAlone(pool: Pool, one: { name: string; run: () => Promise<string> }): Promise<string | undefined> {
  const client = await pool.connect();
  try {
    const key = `cilo reconciler ${one.name}`;
    const { rows } = await client.query<{ held: boolean }>(
      "select pg_try_advisory_lock(hashtextextended($1, 0)) as held",
      [key],
    );
    if (rows[0]?.held !== true) return undefined;
    try {
      return await one.run();
    } finally {
      await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [key]);
    }
  } finally {
    client.release();
  }
}
