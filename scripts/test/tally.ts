/** How many checks and tests passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Names of what failed, told again at the end: the rest of a long run's output may be gone by then. */
  readonly failures?: readonly string[];
}

export function add(a: Tally, b: Tally): Tally {
  const failures = [...(a.failures ?? []), ...(b.failures ?? [])];
  const counts = { passed: a.passed + b.passed, failed: a.failed + b.failed };
  return failures.length === 0 ? counts : { ...counts, failures };
}

export function describeTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`;
}
