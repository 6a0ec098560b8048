import * as fc from "fast-check";
import { expect, test } from "vitest";
import { markerOf, parseWildcard, planZone, renderHosts, renderWildcard } from "./zone.ts";

const identity = { project: "shop", environment: "dev", suffix: ".test" };

const endpoint = (
  label: string,
  addresses: readonly string[],
  more: { hostnames?: string[]; ingress?: boolean } = {},
) => ({
  label,
  addresses: addresses.map((address, index) => ({ index: index + 1, address })),
  hostnames: [],
  ingress: false,
  ...more,
});

test("a service has its name, each container of a scaled one a name of its own, and the ingress the apex with its wildcard", () => {
  const zone = planZone(identity, [
    endpoint("web", ["10.9.0.2"], { ingress: true, hostnames: ["www.test"] }),
    endpoint("api", ["10.9.0.3", "10.9.0.4"]),
    endpoint("stopped", []),
  ]);
  expect(renderHosts(identity, zone).text.split("\n").slice(0, -2)).toEqual([
    "10.9.0.2 web.dev.test",
    "10.9.0.3 api.dev.test",
    "10.9.0.4 api.dev.test",
    "10.9.0.2 shop.dev.test",
    "10.9.0.2 www.test",
    "10.9.0.3 api-1.dev.test",
    "10.9.0.4 api-2.dev.test",
  ]);
  expect(zone.wildcard).toEqual({ name: "shop.dev.test", addresses: ["10.9.0.2"] });
});

test("a service named like the project or like another's container keeps its own name", () => {
  const zone = planZone(identity, [
    endpoint("web", ["10.9.0.2"], { ingress: true }),
    endpoint("shop", ["10.9.0.3"]),
    endpoint("api", ["10.9.0.4", "10.9.0.5"]),
    endpoint("api-1", ["10.9.0.6"]),
  ]);
  const addressOf = (name: string) => zone.records.find((record) => record.name === name)?.addresses;
  expect(addressOf("shop.dev.test")).toEqual(["10.9.0.3"]);
  expect(addressOf("api-1.dev.test")).toEqual(["10.9.0.6"]);
});

test("a hosts file's marker changes with its content and is found again in it", () => {
  const one = renderHosts(identity, planZone(identity, [endpoint("web", ["10.9.0.2"])]));
  const other = renderHosts(identity, planZone(identity, [endpoint("web", ["10.9.0.3"])]));
  expect(one.marker).not.toBe(other.marker);
  expect(markerOf(one.text)).toBe(one.marker);
  expect(markerOf("1.2.3.4 web.dev.test\n")).toBeUndefined();
});

test("no label, hostname, name or address, however hostile, puts anything but records into dnsmasq's files", () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "x\naddress=/#/6.6.6.6",
      "a/6.6.6.6",
      "a b",
      "#",
      "*",
      "..",
      "é",
      "a\u0000b",
      "A",
      "-a",
      "a".repeat(64),
    ),
    fc.constantFrom("web", "api", "10.0.0.1", "1.2.3.4", "256.1.1.1", "::1", "01.2.3.4"),
  );
  const hostileEndpoint = fc.record({ label: hostile, address: hostile, hostname: hostile, ingress: fc.boolean() });
  fc.assert(
    fc.property(hostile, hostile, hostileEndpoint, (project, environment, { label, address, hostname, ingress }) => {
      const who = { project, environment, suffix: ".test" };
      let text: string;
      try {
        const zone = planZone(who, [endpoint(label, [address], { hostnames: [hostname], ingress })]);
        text = renderHosts(who, zone).text + (zone.wildcard === undefined ? "" : renderWildcard(zone.wildcard));
      } catch {
        return;
      }
      expect(text).toMatch(/^(?:\d+\.\d+\.\d+\.\d+ [a-z0-9.-]+\n)+(?:[a-z0-9.-]+(?: \d+\.\d+\.\d+\.\d+)+\n)?$/u);
    }),
    { numRuns: 2000 },
  );
});

test("a wildcard's file that is not exactly one wildcard is left out", () => {
  expect(parseWildcard("shop.dev.test 10.0.0.1 10.0.0.2\n")).toEqual({
    name: "shop.dev.test",
    addresses: ["10.0.0.1", "10.0.0.2"],
  });
  for (const text of [
    "",
    "shop.dev.test",
    "shop.dev.test 10.0.0.1/8",
    "# 10.0.0.1",
    "a.test 1.2.3.4\nserver=/b/6.6.6.6",
  ])
    expect(parseWildcard(text)).toBeUndefined();
});
