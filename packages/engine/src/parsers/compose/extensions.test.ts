import { expect, test } from "vitest";
import { parseProject, problemsOf } from "./testing/memory.ts";

test("members called x-... of a map of texts are one extension, as in the reference; in the list form they are what they say", () => {
  const { services } = parseProject(
    "services: {a: {image: x, labels: {x-a: b, c: d}, environment: {x-e: null}}, l: {image: x, labels: [x-a=b]}}",
  );
  expect(services["a"]).toMatchObject({
    labels: { c: "d", "#extensions": "map[x-a:b]" },
    environment: { "#extensions": "map[x-e:<nil>]" },
  });
  expect(services["l"]?.labels).toEqual({ "x-a": "b" });
});

test("a service may be called x-...; a service's host or network in a mapping may not, as in the reference", () => {
  const text = "services: {a: {image: x, depends_on: {x-n: {condition: service_started}}}, x-n: {image: y}}";
  expect(Object.keys(parseProject(text).services)).toEqual(["a", "x-n"]);
  expect(problemsOf("services: {a: {image: x, extra_hosts: {x-h: 1.1.1.1}}}")).toHaveLength(1);
  expect(problemsOf("services: {a: {image: x, networks: {x-n: }}}\nnetworks: {x-n: }")).toHaveLength(1);
});

test("an include that says nothing is left out, as in the reference", () => {
  expect(Object.keys(parseProject("include: [null, {path: null}]\nservices: {a: {image: x}}").services)).toEqual(["a"]);
});

test("a limit is a whole number and a list of texts holds no date", () => {
  expect(problemsOf("services: {a: {build: {context: ., ulimits: {n: {soft: '1', hard: 2}}}}}")).toMatchObject([
    { attribute: "services.a.build.ulimits.n" },
  ]);
  expect(problemsOf("services: {a: {image: x, dns: 2001-01-01}}")).toMatchObject([{ attribute: "services.a.dns" }]);
});
