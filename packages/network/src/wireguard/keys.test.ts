import { expect, test } from "vitest";
import {
  generatePresharedKey,
  generateWireGuardKeys,
  isWireGuardKey,
  isWireGuardSecret,
  publicKeyOf,
  wireGuardKeyFromUrl,
  wireGuardKeyToUrl,
} from "./keys.ts";

test("the public key belongs to the private one, as RFC 7748 computes it", () => {
  const privateKey = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
  expect(isWireGuardSecret(privateKey) && publicKeyOf(privateKey)).toBe("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=");
  const pair = generateWireGuardKeys();
  expect(publicKeyOf(pair.privateKey)).toBe(pair.publicKey);
});

test("keys are different each time", () => {
  const keys = Array.from({ length: 20 }, () => [generateWireGuardKeys().privateKey, generatePresharedKey()]).flat();
  expect(new Set(keys).size).toBe(40);
});

test("a key goes into a URL and comes back", () => {
  for (let round = 0; round < 50; round += 1) {
    const { publicKey } = generateWireGuardKeys();
    const inUrl = wireGuardKeyToUrl(publicKey);
    expect(encodeURIComponent(inUrl)).toBe(inUrl);
    expect(wireGuardKeyFromUrl(inUrl)).toBe(publicKey);
  }
});

test.each([
  ["too short", "aGVsbG8="],
  ["not padded", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo"],
  ["a second spelling of the same bytes", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp="],
  ["zero, which means none", `${"A".repeat(43)}=`],
  ["a line break after it", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n"],
])("what is no key is refused: %s", (_, text) => {
  expect(isWireGuardKey(text)).toBe(false);
  expect(isWireGuardSecret(text)).toBe(false);
  expect(wireGuardKeyFromUrl(text.replaceAll("=", ""))).toBeUndefined();
});
