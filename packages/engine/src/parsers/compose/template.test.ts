import { expect, test } from "vitest";
import { RequiredFault, TemplateFault, substitute } from "./template.ts";

const variables = new Map([
  ["SET", "value"],
  ["EMPTY", ""],
  ["MONEY", "a$b"],
]);
const lookup = (name: string): string | undefined => variables.get(name);

test.each([
  ["$SET ${SET}", "value value"],
  ["$$SET $$$SET", "$SET $value"],
  ["$ a$ $1", "$ a$ $1"],
  ["$UNSET|${UNSET}", "|"],
  ["${UNSET:-d}${EMPTY:-d}${SET:-d}", "ddvalue"],
  ["${UNSET-d}${EMPTY-d}${SET-d}", "dvalue"],
  ["${UNSET:+a}${EMPTY:+a}${SET:+a}", "a"],
  ["${UNSET+a}${EMPTY+a}${SET+a}", "aa"],
  ["${UNSET:-${ALSO:-${SET}}}", "value"],
  ["${UNSET:-a} and ${ALSO:-b}", "a and b"],
  ['${UNSET:-{"a":1}}', '{"a":1}'],
  ["${SET-b?c}", "value"],
  ["${UNSET-b:-c}", "b:-c"],
  ["$MONEY", "a$b"],
  ["${SET:?x}", "value"],
])("%j becomes %j", (template, expected) => {
  expect(substitute(template, { lookup })).toBe(expected);
});

test.each(["${", "${}", "${ SET}", "${SET!}", "a ${UNSET:-${}} b", "${1}"])("%j is no template", (template) => {
  expect(() => substitute(template, { lookup })).toThrow(TemplateFault);
});

test.each([
  ["${UNSET:?say why}", "say why"],
  ["${EMPTY:?say why}", "say why"],
  ["${UNSET?}", "UNSET"],
  ["${UNSET?ask ${SET}}", "ask value"],
])("%j is refused with its reason", (template, reason) => {
  expect(() => substitute(template, { lookup })).toThrow(RequiredFault);
  expect(() => substitute(template, { lookup })).toThrow(reason);
});

test("every unset variable is told", () => {
  const unset: string[] = [];
  substitute("$A ${B} ${C:-x}", { lookup, onUnset: (name) => unset.push(name) });
  expect(unset).toEqual(["A", "B"]);
});

test("nesting without end and text without bounds are refused", () => {
  expect(() => substitute("${A:-".repeat(10_000) + "}".repeat(10_000), { lookup })).toThrow(TemplateFault);
  const large = "x".repeat(1024 * 1024);
  expect(() => substitute("$L".repeat(100), { lookup: () => large })).toThrow(TemplateFault);
});
