import { expect, test } from "vitest";
import type { Service } from "../spec/spec.ts";
import { inputOf, isolateWith, noticeCodes, specOf } from "./testing.ts";

function ingressOf(services: Record<string, Service>, ingress?: string) {
  return isolateWith(specOf(services), inputOf({ options: ingress === undefined ? {} : { ingress } })).ingress;
}

const http = { image: "x", expose: ["8080"] };

test("the labelled service is the ingress, before the config's", () => {
  const labelled = { ...http, labels: { "cilo.ingress": "true" } };
  expect(ingressOf({ web: http, admin: labelled }, "web")).toBe("admin");
  expect(ingressOf({ web: http, admin: { ...http, labels: { "cilo.ingress": "false" } } })).toBe("web");
});

test("the config's service is the ingress, before what ports and names suggest", () => {
  expect(ingressOf({ web: http, admin: http }, "admin")).toBe("admin");
});

test("the only service with an HTTP port is the ingress", () => {
  expect(ingressOf({ site: http, db: { image: "pg", expose: ["5432"] } })).toBe("site");
});

test("of several, web, app, frontend and nginx are it, in that order", () => {
  expect(ingressOf({ nginx: http, app: http, api: http })).toBe("app");
  expect(ingressOf({ nginx: http, api: http })).toBe("nginx");
  expect(ingressOf({ one: http, two: http })).toBeUndefined();
});

test("a service named as the project is the ingress, since the apex is its name anyway", () => {
  expect(ingressOf({ web: http, shop: { image: "shop" } })).toBe("shop");
});

test("another ingress than the service named as the project is refused: two would have one name", () => {
  expect(() => ingressOf({ web: http, shop: http }, "web")).toThrow(expect.objectContaining({ code: "NAME_TAKEN" }));
});

test("the ingress answers to the project's name inside the environment too", () => {
  const { document } = isolateWith(specOf({ web: http }));
  expect(document.services["web"]?.networks?.["default"]?.aliases).toContain("shop.agent-1.test");
});

test("a configured ingress that is not there is told, not taken", () => {
  const isolated = isolateWith(specOf({ web: http }), inputOf({ options: { ingress: "gone" } }));
  expect(isolated.ingress).toBe("web");
  expect(noticeCodes(isolated)).toEqual(["unknown-service"]);
});

test("of two labelled services the first is it, and the user is told", () => {
  const labelled = { ...http, labels: { "cilo.ingress": "true" } };
  const isolated = isolateWith(specOf({ a: labelled, b: labelled }));
  expect(isolated.ingress).toBe("a");
  expect(noticeCodes(isolated)).toEqual(["ingress-ambiguous"]);
});
