import { BaseCode, CiloError } from "./errors.ts";

export interface PollOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Pause before the second try; doubles up to 16 times this. Default 5 ms. */
  readonly intervalMs?: number;
  /** What is waited for, for the message: `dnsmasq to answer`. */
  readonly what: string;
}

/**
 * Calls `probe` until it answers something other than `undefined` or `false`, and returns that.
 *
 * @throws CiloError `TIMEOUT` after `timeoutMs`; what `probe` throws; the signal's reason when it aborts.
 * The last try is made at the deadline, so a `timeoutMs` of 0 means: try once.
 */
export async function poll<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: PollOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  const longest = (options.intervalMs ?? 5) * 16;
  for (let pause = options.intervalMs ?? 5; ; pause = Math.min(pause * 2, longest)) {
    options.signal.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    const left = deadline - performance.now();
    // A timer may be early by a fraction of a millisecond: the try after it was the last one.
    if (left < 1) throw new CiloError(BaseCode.timeout, `waited ${options.timeoutMs} ms for ${options.what}`);
    await delay(Math.min(pause, left), options.signal);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason. For backing off inside loops; to await a condition use {@link poll}. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
