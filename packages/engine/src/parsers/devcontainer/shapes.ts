import { type Json, isObject } from "./read.ts";

/** What a value must be. */
export interface Shape {
  /** In words, after "must be". */
  readonly expected: string;
  /** The path to the first value that is something else; `undefined` when all is well. */
  readonly wrong: (value: Json) => readonly (string | number)[] | undefined;
}

const simple = (expected: string, test: (value: Json) => boolean): Shape => ({
  expected,
  wrong: (value) => (test(value) ? undefined : []),
});

export const text: Shape = simple("text", (value) => typeof value === "string");
export const flag: Shape = simple("true or false", (value) => typeof value === "boolean");
export const object: Shape = simple("an object", isObject);
export const anything: Shape = simple("anything", () => true);
export function listOf(item: Shape, expected: string): Shape {
  return {
    expected,
    wrong: (value) => (Array.isArray(value) ? firstWrong([...value.entries()], item) : []),
  };
}

export function mapOf(member: Shape, expected: string): Shape {
  return { expected, wrong: (value) => (isObject(value) ? firstWrong(Object.entries(value), member) : []) };
}

function firstWrong(members: readonly (readonly [string | number, Json])[], shape: Shape) {
  for (const [key, member] of members) {
    const wrong = shape.wrong(member);
    if (wrong !== undefined) return [key, ...wrong];
  }
  return undefined;
}

/** One of several; what is wrong is told of the one that came nearest. */
export function either(expected: string, ...shapes: readonly Shape[]): Shape {
  return {
    expected,
    wrong: (value) => {
      const wrongs = shapes.map((shape) => shape.wrong(value));
      if (wrongs.includes(undefined)) return undefined;
      return wrongs.flatMap((wrong) => (wrong === undefined ? [] : [wrong])).toSorted((a, b) => b.length - a.length)[0];
    },
  };
}

/** An object whose known members are as they say; others may be anything. */
export function membersOf(members: Readonly<Record<string, Shape>>, expected: string): Shape {
  return {
    expected,
    wrong: (value) => {
      if (!isObject(value)) return [];
      for (const [key, member] of Object.entries(value)) {
        const wrong = Object.hasOwn(members, key) ? members[key]?.wrong(member) : undefined;
        if (wrong !== undefined) return [key, ...wrong];
      }
      return undefined;
    },
  };
}

const nothing = simple("null", (value) => value === null);

export const texts: Shape = listOf(text, "a list of texts");
export const textOrTexts: Shape = either("text or a list of texts", text, texts);
const number: Shape = simple("a number", (value) => typeof value === "number");
const scalar: Shape = either("text, a number, true or false", text, flag, number);
export const textOrNumber: Shape = either("text or a number", text, number);
export const textMap: Shape = mapOf(scalar, "an object of texts");
export const nullableTextMap: Shape = mapOf(either("text or null", scalar, nothing), "an object of texts and nulls");
export const command: Shape = either(
  "a command: text, a list of texts, or an object of those",
  textOrTexts,
  mapOf(textOrTexts, ""),
);
export const mount: Shape = either(
  "a mount: text as docker run --mount takes it, or an object with type, source and target",
  text,
  membersOf({ type: text, source: text, target: text }, ""),
);
