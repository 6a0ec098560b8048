import { expect, test } from "vitest";
import { add, describeTally } from "./tally.ts";
import { tallyOf } from "./vitest.ts";

const report = (passed: number, failed: number): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed });

test("counts what passed and failed by the report", () => {
  expect(tallyOf(report(12, 0), 0)).toEqual({ passed: 12, failed: 0 });
  expect(tallyOf(report(10, 2), 1)).toEqual({ passed: 10, failed: 2 });
});

test("a run that ends badly without a failed test, or without a report, is a failure", () => {
  expect(tallyOf(report(12, 0), 1)).toEqual({ passed: 12, failed: 1 });
  expect(tallyOf("", 1)).toEqual({ passed: 0, failed: 1 });
});

test("sums are told as in the last line of npm test", () => {
  expect(describeTally(add({ passed: 1, failed: 2 }, { passed: 3, failed: 0 }))).toBe("4 passed, 2 failed");
});
