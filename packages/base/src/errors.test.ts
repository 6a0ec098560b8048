import { describe, expect, test } from "vitest";
import { CiloError, isCiloError, printable, problemLine } from "./errors.ts";

describe("an error someone can act on", () => {
  test("carries its code, one line of text, the next step and what caused it", () => {
    const cause = new Error("ECONNREFUSED");
    const error = new CiloError("ENGINE_UNREACHABLE", "Docker does not answer\nat all", {
      cause,
      hint: "Start\tDocker",
    });
    expect(error).toMatchObject({
      name: "CiloError",
      code: "ENGINE_UNREACHABLE",
      message: "Docker does not answer at all",
      hint: "Start Docker",
      cause,
      problems: [],
    });
  });

  test("is told from others by its code", () => {
    const error = new CiloError("A", "a");
    expect(isCiloError(error)).toBe(true);
    expect(isCiloError(error, "B", "A")).toBe(true);
    expect(isCiloError(error, "B")).toBe(false);
    expect(isCiloError(new Error("A"), "A")).toBe(false);
    expect(isCiloError({ code: "A" }, "A")).toBe(false);
  });
});

describe("a problem's line", () => {
  test("names the place as far as it is known", () => {
    const message = "must be a number";
    expect(problemLine({ message })).toBe("must be a number");
    expect(problemLine({ message, file: "compose.yml" })).toBe("compose.yml: must be a number");
    expect(problemLine({ message, file: "compose.yml", line: 3, column: 7, attribute: "services.web.scale" })).toBe(
      "compose.yml:3:7 services.web.scale: must be a number",
    );
  });

  test("shows no control characters of a hostile file", () => {
    expect(problemLine({ message: "no such key \u001B]0;owned\u0007\u001B[2J", file: "a\u202Eb.yml" })).toBe(
      "ab.yml: no such key",
    );
  });
});

test.each([
  ["plain", "plain"],
  ["  two\r\n  lines  ", "two lines"],
  ["\u001B[1;31mred\u001B[0m and \u001B[?25lhidden", "red and hidden"],
  ["\u001B]8;;http://evil\u001B\\link\u001B]8;;\u001B\\", "link"],
  ["\u001BP1$r0m\u001B\\kept", "kept"],
  ["half a sequence \u001B", "half a sequence"],
  ["a\tb", "a b"],
  ["nul\u0000 bell\u0007 c1\u009B", "nul bell c1"],
  ["line\u2028separators", "line separators"],
  ["grüße, 世界 👋", "grüße, 世界 👋"],
])("text from elsewhere is printed on one line and harmless: %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});
