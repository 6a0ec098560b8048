import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withAttributes } from "../scripts/supported-formats.ts";

test("the tables of attributes and properties are what schema and code say (else: node scripts/supported-formats.ts)", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/SUPPORTED_FORMATS.md"), "utf8");
  expect(withAttributes(page)).toBe(page);
});
