import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import { EnvironmentSpec } from "../../spec/spec.ts";
import { CORPUS_SIZE, corpusCases, load, optionsOf, verdict } from "./testing/corpus.ts";

const cases = corpusCases();

test("the corpus is there where it must be", () => {
  if (cases.length === 0) console.log(`corpus absent: ${CORPUS_SIZE} cases not run`);
  const needed = process.env["CILO_REQUIRE_CORPUS"] === "1" || cases.length > 0 ? CORPUS_SIZE : 0;
  expect(cases.length).toBe(needed);
});

for (const group of new Set(cases.map((one) => one.group))) {
  test(`projects of ${group} mean what the reference says they mean`, () => {
    const wrong = cases
      .filter((one) => one.group === group)
      .flatMap((one) => {
        const difference = verdict(one);
        return difference === undefined ? [] : [`${one.name}: ${difference}`];
      });
    expect(wrong).toEqual([]);
  });
}

test("every project of the corpus becomes a spec that its schema allows", () => {
  for (const one of cases) {
    const result = load(optionsOf(one));
    if ("spec" in result) expect(EnvironmentSpec.parse(result.spec), one.name).toEqual(result.spec);
  }
});

test("a refused project of the corpus is told what is wrong, in one line each, and where", () => {
  for (const one of cases.filter((each) => each.refused)) {
    const result = load(optionsOf(one));
    const refusal = "refusal" in result ? result.refusal : undefined;
    if (!isCiloError(refusal)) throw new Error(`${one.name} is not refused`);
    const messages = [refusal.message, ...refusal.problems.map((problem) => problem.message)];
    expect(
      messages.filter((message) => message === "" || message.includes("\n")),
      one.name,
    ).toEqual([]);
    for (const problem of refusal.problems) {
      if (problem.attribute !== undefined)
        expect(problem, one.name).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    }
  }
});
