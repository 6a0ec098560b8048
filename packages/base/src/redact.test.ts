import { expect, test } from "vitest";
import { redact } from "./redact.ts";

test("every occurrence of every secret is hidden", () => {
  expect(redact("key=abcd1234 again abcd1234, pw=hunter22", ["abcd1234", "hunter22"])).toBe(
    "key=*** again ***, pw=***",
  );
});

test("a secret that contains another is hidden whole", () => {
  expect(redact("token-long and token", ["token", "token-long"])).toBe("*** and ***");
});

test("secrets are text, not patterns", () => {
  expect(redact("price $1.00 or a.*c", ["a.*c", "$1.00"])).toBe("price *** or ***");
  expect(redact("abbbc", ["a.*c"])).toBe("abbbc");
});

test("what is too short to be a secret would hide half of every text, and is left", () => {
  expect(redact("an example", ["an", "", "exa"])).toBe("an example");
});
