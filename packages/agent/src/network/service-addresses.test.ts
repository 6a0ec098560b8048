import { expect, test } from "vitest";
import { assignAddresses, isIn } from "./service-addresses.ts";

const block = "10.224.0.32/27";

test("services get the lowest free addresses of the block, and keep them", () => {
  const first = assignAddresses({}, { block, labels: ["web", "db"] });
  expect(first).toEqual({ web: "10.224.0.33", db: "10.224.0.34" });
  const later = assignAddresses(first, { block, labels: ["cache", "db"] });
  expect(later).toEqual({ web: "10.224.0.33", db: "10.224.0.34", cache: "10.224.0.35" });
});

test("a block that is full takes the address of a service that is gone before it refuses", () => {
  const labels = Array.from({ length: 30 }, (_, index) => `s${index}`);
  const full = assignAddresses({}, { block, labels });
  expect(new Set(Object.values(full)).size).toBe(30);
  const next = assignAddresses(full, { block, labels: [...labels.slice(1), "new"] });
  expect(next["new"]).toBe(full["s0"]);
  expect(next["s0"]).toBeUndefined();
  expect(() => assignAddresses(full, { block, labels: [...labels, "new"] })).toThrow(
    expect.objectContaining({ code: "ADDRESSES_EXHAUSTED" }),
  );
});

test("an address is in a range or not", () => {
  expect(isIn("10.224.0.0/16", "10.224.255.255")).toBe(true);
  expect(isIn("10.224.0.0/16", "10.225.0.0")).toBe(false);
  expect(isIn("0.0.0.0/0", "192.0.2.1")).toBe(true);
});
