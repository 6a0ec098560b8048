/** How many checks and tests passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

export function describeTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`;
}
