import { expect, test } from "vitest";
import { type Tree, lineAndColumn } from "../tree.ts";
import { parseDocuments } from "./document.ts";
import { YamlFault } from "./fault.ts";

function read(text: string): unknown[] {
  return parseDocuments({ path: "/p/x.yaml", text }).map((document) => plain(document.root));
}

function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plain(value)]));
}

function faultOf(text: string): { message: string; line: number; column: number } {
  const source = { path: "/p/x.yaml", text };
  try {
    parseDocuments(source);
  } catch (error) {
    if (error instanceof YamlFault) return { message: error.message, ...lineAndColumn({ source, at: error.at }) };
    throw error;
  }
  throw new Error("the text was read without a fault");
}

test("words such as yes and on are text, true is not", () => {
  expect(read("[yes, on, True, NULL, ~, 22:22]")).toEqual([["yes", "on", true, null, null, "22:22"]]);
});

test("whole numbers are read in every spelling, octal with one leading zero among them", () => {
  expect(read("[10, 0x1F, 0b11, 0o17, 0755, 1_000, -5, +5, 08]")).toEqual([[10, 31, 3, 15, 493, 1000, -5, 5, 8]]);
});

test("a number of 64 bits keeps every digit", () => {
  expect(read("[9223372036854775807, 18446744073709551615]")).toEqual([[9223372036854775807n, 18446744073709551615n]]);
});

test("a quoted or tagged scalar is what its quotes and tag say", () => {
  expect(read(`["1", '2', !!str 3, !!int "4", !mine 5, !!binary aGk=]`)).toEqual([["1", "2", "3", 4, "5", "hi"]]);
});

test("text over several lines is folded or kept as its sign says", () => {
  expect(read("a: |\n  x\n  y\nb: >-\n  x\n  y\n\n  z\nc: 'x\n  y'\nd: x\n  y\ne: |+\n  x\n\n")).toEqual([
    { a: "x\ny\n", b: "x y\nz", c: "x y", d: "x y", e: "x\n\n" },
  ]);
});

test("merge keys add what is not there yet, and of several maps the first wins", () => {
  expect(read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 9}")).toEqual([
    { a: { x: 1, y: 1 }, b: { y: 2, z: 2 }, c: { x: 9, y: 1, z: 2 } },
  ]);
});

test("several documents are read in order", () => {
  expect(read("a: 1\n---\nb: 2\n")).toEqual([{ a: 1 }, { b: 2 }]);
});

test.each([
  ["a: 1\nb: 2\na: 3", "a second time", 3, 1],
  ["a:\n  b: 1\n c: 2", "check the indentation", 3, 2],
  ["a:\n\tb: 1", "cannot start a value", 2, 1],
  ["a: *nope", "no anchor &nope", 1, 4],
  ["a: [1, 2", "expected ',' or ']'", 1, 9],
  ["a: 'x", "never closed", 1, 4],
  ["1: x", "keys are text", 1, 1],
  ["TRUE: x", "keys are text", 1, 1],
  ["a: {b: c}: d", "mapping is not allowed", 1, 10],
  ["<<: 5", "takes a mapping", 1, 5],
  ["a: &x\n  b: *x", "contains itself", 2, 6],
  ["a: b: c", "mapping is not allowed", 1, 5],
  ['a: "\\q"', "no escape", 1, 5],
])("%j is refused at its line and column", (text, message, line, column) => {
  const fault = faultOf(text);
  expect(fault).toMatchObject({ line, column });
  expect(fault.message).toContain(message);
});

test("an alias bomb is refused before it grows", () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `a${index}: &a${index} [${index === 0 ? "x" : `*a${index - 1}, *a${index - 1}`}]`,
  );
  expect(faultOf(levels.join("\n")).message).toContain("too large");
});

test("an alias bomb under a reset is refused too", () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `a${index}: &a${index} [${index === 0 ? "x" : `*a${index - 1}, *a${index - 1}`}]`,
  );
  expect(faultOf([...levels, "z: !reset x"].join("\n")).message).toContain("too large");
});

test.each(["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)])(
  "nesting without end is refused",
  (text) => {
    expect(faultOf(text).message).toContain("nested more than");
  },
);

test("where a value tagged !reset stood is told, and the value is gone", () => {
  const [document] = parseDocuments({
    path: "/p/x.yaml",
    text: "a: &a {b: !reset 1, c: 2}\nd: {<<: *a, e: !override [1]}\n",
  });
  expect(document?.resets).toEqual([
    ["a", "b"],
    ["d", "e"],
  ]);
  expect(document === undefined ? undefined : plain(document.root)).toEqual({ a: { c: 2 }, d: { c: 2, e: [1] } });
});

test("a key is repeated when it is written again; one written as an alias may be, and the later counts", () => {
  expect(() => read('{<<: {a: 1}, "<<": b}')).toThrow("<< stands here a second time");
  expect(() => read('{a: 1, "a": 2}')).toThrow('the key "a" stands here a second time');
  expect(read("[&k a, {*k : 1, a: 2}, {a: 2, *k : 1}]")).toEqual([["a", { a: 2 }, { a: 1 }]]);
});
