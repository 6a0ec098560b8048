import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryIdentity, arbitraryLinks, arbitraryOptions, arbitrarySpec, workspaceOf } from "./arbitrary-spec.ts";
import { isCiloError } from "@cilo/base";
import { isolationRule, isolationRules } from "./rules.ts";
import { inputOf, isolateWith } from "./testing.ts";

test("the rule of an attribute is its own, else that of what it is part of", () => {
  expect(isolationRule("services.*.ports")?.kind).toBe("isolated");
  expect(isolationRule("services.*.ports.published")?.kind).toBe("isolated");
  expect(isolationRule("services.*.networks.*.priority")?.kind).toBe("carried");
  expect(isolationRule("services.*.command")).toBeUndefined();
});

test("no attribute changes that the table does not say is isolated", () => {
  const drawn = fc.tuple(arbitraryIdentity, arbitraryIdentity).chain(([identity, other]) =>
    fc.record({
      identity: fc.constant(identity),
      spec: arbitrarySpec(other),
      options: arbitraryOptions(other),
      links: arbitraryLinks(identity, other),
    }),
  );
  const property = fc.property(drawn, ({ identity, spec, options, links }) => {
    const input = inputOf(
      { identity, options: { ...options, keepExternal: [] }, workspaceRoot: workspaceOf(identity) },
      links,
    );
    const { document } = unlessRefused(() => isolateWith(spec, input)) ?? { document: spec };
    for (const section of ["services", "networks", "volumes", "configs", "secrets"] as const)
      expect(
        changedAttributes(spec[section], document[section]).filter((key) => !isIsolated(`${section}.*.${key}`)),
      ).toEqual([]);
  });
  fc.assert(property, { numRuns: 200, seed: 20_261_124 });
});

function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isCiloError(error)) return undefined;
    throw error;
  }
}

type Section = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

function changedAttributes(before: Section = {}, after: Section = {}): string[] {
  return Object.entries(after).flatMap(([name, entry]) => {
    const original = Object.hasOwn(before, name) ? (before[name] ?? {}) : {};
    const keys = new Set([...Object.keys(original), ...Object.keys(entry ?? {})]);
    return [...keys].filter((key) => JSON.stringify(original[key]) !== JSON.stringify(entry?.[key]));
  });
}

function isIsolated(path: string): boolean {
  const isPart = (rule: string): boolean => rule === path || rule.startsWith(`${path}.`);
  return Object.entries(isolationRules).some(([rule, { kind }]) => isPart(rule) && kind === "isolated");
}
