import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Cidr, contains, formatCidr, overlaps, parseCidr, sizeOf } from "./cidr.ts";
import { blockPrefixFor, joinUnits, planSubnets, prefixFor } from "./plan.ts";

const cidr = (text: string): Cidr => {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`not a range: ${text}`);
  return range;
};

const needs = fc.uniqueArray(
  fc.record({ key: fc.stringMatching(/^[a-z]{1,6}$/u), hosts: fc.integer({ min: 0, max: 120 }) }),
  { selector: (need) => need.key, maxLength: 12 },
);

const blocks = fc
  .uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 20 })
  .map((units) => joinUnits(units.map((unit) => ({ start: cidr("10.223.0.0/16").start + unit * 64, prefix: 26 }))));

const avoid = fc.array(
  fc
    .record({ offset: fc.integer({ min: 0, max: 4095 }), prefix: fc.integer({ min: 24, max: 30 }) })
    .map(({ offset, prefix }) => cidr(`10.223.${Math.floor(offset / 256)}.${offset % 256}/${prefix}`)),
  { maxLength: 4 },
);

test("no two subnets overlap, each lies in a claimed block, none in a range to avoid, and each has room for its hosts", () => {
  fc.assert(
    fc.property(needs, blocks, avoid, (needs, blocks, avoid) => {
      const { subnets, missing } = planSubnets({ needs, blocks, avoid, previous: new Map() });
      const all = [...subnets.values()];
      expect(subnets.size + missing.length).toBe(needs.length);
      for (const [index, subnet] of all.entries()) {
        expect(subnet.start % sizeOf(subnet)).toBe(0);
        expect(blocks.some((block) => contains(block, subnet))).toBe(true);
        expect([...avoid, ...all.slice(index + 1)].some((other) => overlaps(other, subnet))).toBe(false);
      }
      for (const need of needs) {
        const subnet = subnets.get(need.key);
        if (subnet !== undefined) expect(sizeOf(subnet)).toBeGreaterThanOrEqual(need.hosts + 5);
      }
    }),
  );
});

test("a network keeps its subnet when others come, go or grow", () => {
  fc.assert(
    fc.property(needs, needs, (before, added) => {
      const room = [cidr("10.223.0.0/19")];
      const first = planSubnets({ needs: before, blocks: room, avoid: [], previous: new Map() });
      const keys = new Set(before.map((need) => need.key));
      const after = [...before.filter((_, index) => index % 2 === 0), ...added.filter((need) => !keys.has(need.key))];
      const second = planSubnets({ needs: after, blocks: room, avoid: [], previous: first.subnets });
      for (const need of after) {
        if (keys.has(need.key)) expect(second.subnets.get(need.key)).toEqual(first.subnets.get(need.key));
        else
          expect([...first.subnets.values()].some((old) => overlaps(old, second.subnets.get(need.key) ?? old))).toBe(
            false,
          );
      }
    }),
  );
});

test("a network that outgrew its subnet gets a larger one elsewhere", () => {
  const previous = new Map([["default", cidr("10.223.0.0/28")]]);
  const plan = planSubnets({
    needs: [{ key: "default", hosts: 30 }],
    blocks: [cidr("10.223.0.0/25")],
    avoid: [],
    previous,
  });
  expect(formatCidr(plan.subnets.get("default") ?? cidr("0.0.0.0/0"))).toBe("10.223.0.64/26");
});

test("the order of the needs does not matter", () => {
  const needs = [
    { key: "a", hosts: 3 },
    { key: "b", hosts: 20 },
    { key: "c", hosts: 3 },
  ];
  const input = { blocks: [cidr("10.223.0.0/25")], avoid: [], previous: new Map() };
  expect(planSubnets({ ...input, needs })).toEqual(planSubnets({ ...input, needs: [...needs].reverse() }));
});

test("a subnet has room for its containers, the gateway and half as many again", () => {
  expect([0, 1, 4, 8, 9, 18, 19, 40, 100].map(prefixFor)).toEqual([28, 28, 28, 28, 27, 27, 27, 26, 24]);
});

test("one block holds everything that is missing", () => {
  expect(blockPrefixFor([28])).toBe(26);
  expect(blockPrefixFor([28, 28, 28, 28])).toBe(26);
  expect(blockPrefixFor([27, 28, 28, 28])).toBe(25);
  expect(blockPrefixFor([24, 26])).toBe(23);
});

test("claimed units are shown as the largest blocks they make up", () => {
  const units = ["10.0.0.64/26", "10.0.0.0/26", "10.0.0.128/26", "10.0.0.192/26", "10.0.2.64/26", "10.0.2.128/26"];
  expect(joinUnits(units.map(cidr)).map(formatCidr)).toEqual(["10.0.0.0/24", "10.0.2.64/26", "10.0.2.128/26"]);
});
