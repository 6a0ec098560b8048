import { expect, test } from "vitest";
import { fingerprint } from "./fingerprint.ts";

test("texts that differ in one character have other fingerprints, and the same text has the same", () => {
  const texts = Array.from({ length: 20_000 }, (_, index) => `shop.agent-${index}.test 10.223.0.${index % 250}`);
  expect(new Set(texts.map(fingerprint)).size).toBe(texts.length);
  expect(fingerprint(texts.join("\n"))).toBe(fingerprint(texts.join("\n")));
  expect(fingerprint("")).toMatch(/^[0-9a-f]{16}$/u);
});
