import { expect, test } from "vitest";
import { parseProject, problemsOf } from "./testing/memory.ts";

test("a bare date in a list of env files names no file, as in the reference; alone or as a path it is refused", () => {
  const files = (envFile: string): Record<string, string> => ({
    "compose.yaml": `services: {a: {image: x, env_file: ${envFile}}}`,
    "2001-01-01": "DATED=1",
    "a.env": "A=1",
  });
  expect(parseProject(files("[2001-01-01]")).services["a"]).not.toHaveProperty("environment");
  expect(parseProject(files("[2001-01-01, a.env]")).services["a"]?.environment).toEqual({ A: "1" });
  expect(parseProject(files("['2001-01-01']")).services["a"]?.environment).toEqual({ DATED: "1" });
  expect(problemsOf(files("2001-01-01"))).toMatchObject([{ attribute: "services.a.env_file" }]);
  expect(problemsOf(files("[{path: 2001-01-01}]"))).not.toHaveLength(0);
});

const NOTHING = ["{}", "[]", "null", "{h: []}"];

test.each(NOTHING)(
  "no hosts in a mapping under %s of what extends or overrides it are refused, as in the reference",
  (over) => {
    const base = "services: {b: {image: x, extra_hosts: {}}}";
    const extending = `services: {a: {extends: {service: b, file: b.yaml}, extra_hosts: ${over}}}`;
    const refused = [{ attribute: "services.a.extra_hosts" }];
    expect(problemsOf({ "compose.yaml": extending, "b.yaml": base })).toMatchObject(refused);
    const override = { "compose.yaml": base, "compose.override.yaml": `services: {b: {extra_hosts: ${over}}}` };
    expect(problemsOf(override)).toMatchObject([{ attribute: "services.b.extra_hosts" }]);
  },
);

test("hosts put over none, and labels of which none are left, are what they say", () => {
  const files = {
    "compose.yaml": "services: {a: {image: x, extra_hosts: {}, labels: {}}}",
    "compose.override.yaml": "services: {a: {extra_hosts: {h: 1.1.1.1}, labels: {}}}",
  };
  expect(parseProject(files).services["a"]).toMatchObject({ extra_hosts: ["h=1.1.1.1"] });
});

test("a host without addresses is printed as an empty list, as in the reference", () => {
  expect(parseProject("services: {a: {image: x, extra_hosts: {h: []}}}").services["a"]?.extra_hosts).toEqual([]);
  expect(parseProject("services: {a: {image: x, extra_hosts: {}}}").services["a"]).not.toHaveProperty("extra_hosts");
});

test("what a later file overrides as a whole still has what it extends", () => {
  const files = (services: string): Record<string, string> => ({
    "compose.yaml": "services: {a: {image: old, hostname: h}, b: {image: y, user: u}}",
    "compose.override.yaml": services,
  });
  const expected = { image: "y", user: "u" };
  const one = parseProject(files("services: {a: !override {extends: b}, b: {image: y, user: u}}")).services["a"];
  const all = parseProject(files("services: !override {a: {extends: b}, b: {image: y, user: u}}")).services["a"];
  expect([one, all]).toMatchObject([expected, expected]);
  expect([one, all].filter((service) => service?.hostname !== undefined)).toEqual([]);
});

test("a service may extend its namesake of another file, which extends one of its own file", () => {
  const files = {
    "compose.yaml": "services: {a: {extends: {service: a, file: base.yaml}}}",
    "base.yaml": "services: {a: {extends: b, user: u}, b: {image: x}}",
  };
  expect(parseProject(files).services["a"]).toMatchObject({ image: "x", user: "u" });
  const circle = { ...files, "base.yaml": "services: {a: {extends: b}, b: {extends: a}}" };
  expect(problemsOf(circle)[0]?.message).toMatch(/in a circle: /u);
});

test("names that two files share are no circle, whichever stands first", () => {
  const base = "services: {g: {extends: k}, k: {image: x}}";
  const [g, k] = ["g: {extends: k}", "k: {extends: {service: g, file: base.yaml}, user: u}"];
  for (const services of [`{${g}, ${k}}`, `{${k}, ${g}}`]) {
    const spec = parseProject({ "compose.yaml": `services: ${services}`, "base.yaml": base });
    expect(spec.services["g"]).toMatchObject({ image: "x", user: "u" });
  }
});
