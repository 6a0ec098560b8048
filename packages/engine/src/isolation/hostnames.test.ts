import { expect, test } from "vitest";
import { inputOf, isolateWith, noticeCodes, specOf } from "./testing.ts";

function withHostnames(text: string, configured: Record<string, string[]> = {}) {
  const spec = specOf({ web: { image: "nginx", labels: { "cilo.hostnames": text } }, api: { image: "api" } });
  return isolateWith(spec, inputOf({ options: { hostnames: configured } }));
}

test("label and config give a service more names, on the host and inside", () => {
  const isolated = withHostnames("shop.localdev.test, WWW.localdev.test.  a.test", { web: ["b.test", "a.test"] });
  const names = ["shop.localdev.test", "www.localdev.test", "a.test", "b.test"];
  expect(isolated.services[0]?.hostnames).toEqual(names);
  expect(isolated.document.services["web"]?.networks?.["default"]?.aliases).toEqual(expect.arrayContaining(names));
});

test.each([
  "a.test\naddress=/#/6.6.6.6",
  "../../etc/passwd.test",
  "*.test",
  "-a.test",
  `${"x".repeat(64)}.test`,
  `${"a.".repeat(130)}test`,
  "localhost",
  "a..test",
  "a_b.test",
  "$(reboot).test",
])("label text that is no host name goes nowhere: %j", (text) => {
  expect(() => withHostnames(text)).toThrow(expect.objectContaining({ code: "HOSTNAME_INVALID" }));
});

test("one name for two services is refused, both named", () => {
  expect(() => withHostnames("a.test", { api: ["a.test"] })).toThrow(/web and api/u);
  expect(() => withHostnames("api.agent-1.test")).toThrow(expect.objectContaining({ code: "NAME_TAKEN" }));
});

test("names for a service that is not there are told", () => {
  expect(noticeCodes(withHostnames("", { gone: ["a.test"] }))).toEqual(["unknown-service"]);
});
