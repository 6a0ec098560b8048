import { expect, test } from "vitest";
import { withWholeHealthchecks } from "./healthcheck-tests.ts";

const testOf = (test: string[]): unknown =>
  withWholeHealthchecks({ name: "p", services: { web: { image: "i", healthcheck: { test } } } }).services["web"]
    ?.healthcheck?.test;

test("a check of plain words stays as it is, and needs no shell in the image", () => {
  expect(testOf(["CMD", "pg_isready", "-U", "postgres"])).toEqual(["CMD", "pg_isready", "-U", "postgres"]);
  expect(testOf(["CMD-SHELL", "test -f '/a b'"])).toEqual(["CMD-SHELL", "test -f '/a b'"]);
  expect(testOf(["NONE"])).toEqual(["NONE"]);
});

test("a check with spaces in a word keeps its words", () => {
  expect(testOf(["CMD", "sh", "-c", "echo 'a b'"])).toEqual(["CMD-SHELL", "'sh' '-c' 'echo '\\''a b'\\'''"]);
  expect(testOf(["CMD", "test", ""])).toEqual(["CMD-SHELL", "'test' ''"]);
});
