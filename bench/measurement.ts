import { run } from "@cilo/base";

/** One row of the table: what was measured, against what, and every sample. */
export interface Measurement {
  readonly name: string;
  readonly what: string;
  readonly against: string;
  readonly unit: "ms" | "queries/s";
  readonly ours: readonly number[];
  /** Empty where the limit is absolute. */
  readonly theirs: readonly number[];
  /** What the median (or the ratio of the medians) must not exceed, or with `atLeast` must reach. */
  readonly limit: number;
  readonly atLeast?: boolean;
  /** Where the time went, or what one should know; free text for the results file. */
  readonly note?: string;
}

/** What a benchmark gets: how often, and when to stop. */
export interface BenchOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** The middle sample; of an even number the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The figure that is held against the limit: a ratio of medians, or our median where there is nothing to compare with. */
export function score({ ours, theirs }: Measurement): number {
  return theirs.length === 0 ? median(ours) : median(ours) / median(theirs);
}

export function isReached(measurement: Measurement): boolean {
  const value = score(measurement);
  return measurement.atLeast === true ? value >= measurement.limit : value <= measurement.limit;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Returns when everything written so far is on the disk, so that nobody's time holds another's writing. */
export async function diskIsQuiet(signal: AbortSignal): Promise<void> {
  await run("sync", [], { signal, env: { PATH: process.env["PATH"] } });
}

/** A contender: what is measured, and what is done before and after each time outside of the measurement. */
export interface Contender {
  readonly before?: (round: number) => Promise<unknown>;
  readonly measured: (round: number) => Promise<unknown>;
  readonly after?: (round: number) => Promise<unknown>;
}

/** Runs both once unmeasured, then `rounds` times each in alternating order. */
export async function compare(
  contenders: { readonly ours: Contender; readonly theirs: Contender },
  { rounds, signal }: BenchOptions,
): Promise<{ ours: number[]; theirs: number[] }> {
  const samples = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const who of round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) {
      signal.throwIfAborted();
      const sample = await once(contenders[who], round);
      if (round > 0) samples[who].push(sample);
    }
  }
  return samples;
}

async function once(contender: Contender, round: number): Promise<number> {
  await contender.before?.(round);
  const sample = await timed(() => contender.measured(round));
  await contender.after?.(round);
  return sample;
}
