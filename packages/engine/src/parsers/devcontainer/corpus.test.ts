import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import { EnvironmentSpec } from "../../spec/spec.ts";
import { devcontainerParser } from "./devcontainer-parser.ts";
import { CORPUS_SIZE, corpusCases, difference, optionsOf, printed } from "./testing/corpus.ts";

const cases = corpusCases();

test("the devcontainer corpus is there where it must be", () => {
  if (cases.length === 0) console.log(`corpus absent: ${CORPUS_SIZE} cases not run`);
  const needed = process.env["CILO_REQUIRE_CORPUS"] === "1" || cases.length > 0 ? CORPUS_SIZE : 0;
  expect(cases.length).toBe(needed);
});

test("real devcontainers are resolved as the reference resolves them", () => {
  const wrong = cases.flatMap((one) => {
    const found = difference(one, printed(one));
    return found === undefined ? [] : [{ case: one.name, found }];
  });
  expect(wrong).toEqual([]);
});

test("real devcontainers become specs that the schema allows", () => {
  const refused = cases.flatMap((one) => {
    try {
      const spec = devcontainerParser.parse(optionsOf(one));
      expect(EnvironmentSpec.parse(spec), one.name).toEqual(spec);
      expect(Object.keys(spec.services), one.name).toContain(spec.workbench?.service);
      return [];
    } catch (error) {
      if (!isCiloError(error)) throw error;
      return [`${one.name}: ${error.problems[0]?.message ?? error.message}`];
    }
  });
  expect(refused).toEqual([]);
});
