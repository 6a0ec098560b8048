/** A limit of time that begins to run when it is told to. */
export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Begins to count; from the second call on nothing. */
  begin(): void;
}

/** Does not keep the process alive. */
export function createDeadline(ms: number): Deadline {
  const controller = new AbortController();
  let hasBegun = false;
  return {
    signal: controller.signal,
    begin() {
      if (hasBegun) return;
      hasBegun = true;
      setTimeout(() => controller.abort(new DOMException(`${ms} ms are over`, "TimeoutError")), ms).unref();
    },
  };
}
