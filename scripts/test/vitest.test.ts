import { join } from "node:path";
import { expect, test } from "vitest";
import { add, describeTally } from "./tally.ts";
import { tallyOf } from "./vitest.ts";

const report = (passed: number, failures: readonly string[], file = "passed"): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failures.length,
    testResults: [
      {
        name: join(process.cwd(), "a.test.ts"),
        status: file,
        assertionResults: failures.map((fullName) => ({ status: "failed", fullName })),
      },
    ],
  });
const ended = (status: number) => ({ status, project: "unit" });

test("counts what passed and failed by the report, and names what failed", () => {
  expect(tallyOf(report(12, []), ended(0))).toEqual({ passed: 12, failed: 0 });
  expect(tallyOf(report(10, ["a b", "c"]), ended(1))).toEqual({
    passed: 10,
    failed: 2,
    failures: ["unit: a.test.ts: a b", "unit: a.test.ts: c"],
  });
});

test("a run that ends badly without a failed test, or without a report, is a failure", () => {
  expect(tallyOf(report(12, [], "failed"), ended(1))).toEqual({
    passed: 12,
    failed: 1,
    failures: ["unit: a.test.ts: could not be run"],
  });
  expect(tallyOf("", ended(3))).toEqual({ passed: 0, failed: 1, failures: ["unit: ended with status 3"] });
});

test("sums are told as in the last line of npm test", () => {
  const sum = add({ passed: 1, failed: 2, failures: ["a", "b"] }, { passed: 3, failed: 0 });
  expect(describeTally(sum)).toBe("4 passed, 2 failed");
  expect(sum.failures).toEqual(["a", "b"]);
});
