import { expect, test } from "vitest";
import { DotenvFault, parseDotenv } from "./dotenv.ts";

function read(content: string, outside: Readonly<Record<string, string>> = {}): Record<string, string> {
  const into = new Map<string, string>();
  parseDotenv(content, { into, lookup: (name) => (Object.hasOwn(outside, name) ? outside[name] : undefined) });
  return Object.fromEntries(into);
}

test.each([
  ["A=1\nB=2\n", { A: "1", B: "2" }],
  ["\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
  ["export A=1\nB: 2\nC = 3 \n", { A: "1", B: "2", C: "3" }],
  ["A=a#b # c\nB=b #x\n", { A: "a#b", B: "b" }],
  [`A="x\\ny"\nB='x\\ny'\n`, { A: "x\ny", B: "x\\ny" }],
  [`A="two\nlines"\nB='it\\'s'\n`, { A: "two\nlines", B: "it's" }],
  ['A="\\x41 \\0101 \\$B"\n', { A: "\\x41 A $B" }],
  ["A.B-C[0]=1\n", { "A.B-C[0]": "1" }],
  ["A=1\nB=${A}${C:-c}\n", { A: "1", B: "1c" }],
  ["A='$B'\nC=$$B\n", { A: "$B", C: "$B" }],
])("%j is read as %j", (content, expected) => {
  expect(read(content)).toEqual(expected);
});

test("a bare name takes its value from outside, or is left out", () => {
  expect(read("A\nB\n", { A: "outer" })).toEqual({ A: "outer" });
});

test("inside a value the outside goes before earlier lines", () => {
  expect(read("A=file\nB=$A\n", { A: "outer" })).toEqual({ A: "file", B: "outer" });
});

test.each([
  ["A=1\n@=2\n", 2],
  ["A B=1\n", 1],
  ['A=1\nB="open\n', 2],
])("%j is refused at its line", (content, line) => {
  try {
    read(content);
  } catch (error) {
    if (!(error instanceof DotenvFault)) throw error;
    expect(error.line).toBe(line);
    return;
  }
  throw new Error("was not refused");
});
