import { expect, test } from "vitest";
import { serviceUrl, urlVariable } from "./variables.ts";
import { inputOf, isolateWith, isolatedService, specOf } from "./testing.ts";

test("a service knows its environment, its own URL and those of what it depends on", () => {
  const spec = specOf({
    web: { image: "nginx", expose: ["80"], depends_on: { "my-db": { condition: "service_started" } } },
    "my-db": { image: "pg", expose: ["5432"] },
    other: { image: "x", expose: ["7000"] },
  });
  expect(isolatedService(spec, "web").environment).toEqual({
    CILO_ENV: "agent-1",
    CILO_PROJECT: "shop",
    CILO_DNS_SUFFIX: ".test",
    CILO_BASE_URL: "http://shop.agent-1.test",
    CILO_URL_WEB: "http://web.agent-1.test",
    CILO_URL_MY_DB: "tcp://my-db.agent-1.test:5432",
  });
});

test("a database is not told what would restart it when the ingress changes", () => {
  const spec = specOf({ web: { image: "nginx", expose: ["80"] }, db: { image: "pg", expose: ["5432"] } });
  expect(isolatedService(spec, "db").environment).not.toHaveProperty("CILO_BASE_URL");
  expect(isolatedService(spec, "db").environment).not.toHaveProperty("CILO_URL_WEB");
});

test("what the project sets is never overridden, an unset variable included", () => {
  const service = isolatedService(
    specOf({ web: { image: "a", environment: { CILO_ENV: "mine", CILO_PROJECT: null } } }),
    "web",
  );
  expect(service.environment).toMatchObject({ CILO_ENV: "mine", CILO_PROJECT: null });
});

test("the port stands in a URL unless it is the scheme's own", () => {
  const url = (...expose: number[]) =>
    serviceUrl(
      "a.test",
      isolateWith(specOf({ a: { image: "a", expose: expose.map(String) } })).services[0]?.ports ?? [],
    );
  expect(url(80)).toBe("http://a.test");
  expect(url(443)).toBe("https://a.test");
  expect(url(443, 8080)).toBe("http://a.test:8080");
  expect(url(6379, 3000)).toBe("http://a.test:3000");
  expect(url(6379)).toBe("tcp://a.test:6379");
  expect(url()).toBeUndefined();
});

test("a variable name is made of any service name", () => {
  expect(urlVariable("my_api.v2-x")).toBe("CILO_URL_MY_API_V2_X");
});

test("the number of containers is the user's word, else the project's", () => {
  const spec = specOf({
    web: { image: "a", deploy: { replicas: 2, mode: "replicated" } },
    api: { image: "b", scale: 3 },
    db: { image: "c" },
  });
  const isolated = isolateWith(spec, inputOf({ options: { scale: { web: 5 } } }));
  expect(isolated.services.map(({ name, scale }) => [name, scale])).toEqual([
    ["web", 5],
    ["api", 3],
    ["db", 1],
  ]);
  expect(isolated.document.services["web"]).toMatchObject({ scale: 5, deploy: { replicas: 5, mode: "replicated" } });
});

test("scaling a service that is not there is refused", () => {
  expect(() => isolateWith(specOf({ web: { image: "a" } }), inputOf({ options: { scale: { wbe: 2 } } }))).toThrow(
    expect.objectContaining({ code: "SERVICE_NOT_FOUND" }),
  );
});

test("a service that others wait for to complete runs once; so does what reads like a job", () => {
  const spec = specOf({
    migrate: { image: "a" },
    prepare: { image: "a", restart: "always" },
    web: { image: "b", depends_on: { prepare: { condition: "service_completed_successfully" } } },
    "init-proxy": { image: "c", expose: ["80"] },
    "db-seed": { image: "d", restart: "unless-stopped" },
  });
  expect(
    isolateWith(spec)
      .services.filter(({ oneShot }) => oneShot)
      .map(({ name }) => name),
  ).toEqual(["migrate", "prepare"]);
});

test("how a container is started again is the project's business", () => {
  expect(isolatedService(specOf({ web: { image: "a", restart: "always" } }), "web").restart).toBe("always");
});
