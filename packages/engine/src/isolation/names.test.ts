import { expect, test } from "vitest";
import { composeProjectName, engineName, imageName, sharedProjectName } from "./names.ts";
import { identity, inputOf, isolateWith, noticeCodes, specOf } from "./testing.ts";

test("names at the engine carry project, environment and home", () => {
  expect(composeProjectName(identity)).toBe("cilo_shop_agent-1_0a1b2c3d");
  const { document } = isolateWith(
    specOf(
      { web: { image: "nginx", networks: { front: null } } },
      { networks: { front: { name: "front" } }, volumes: { data: { name: "pgdata" } } },
    ),
  );
  expect(document.networks?.["front"]?.name).toBe("cilo_shop_agent-1_0a1b2c3d_front");
  expect(document.volumes?.["data"]?.name).toBe("cilo_shop_agent-1_0a1b2c3d_data");
});

test("no environment can be named so that its objects meet those of another or of a shared service", () => {
  const names = [
    engineName(composeProjectName({ ...identity, project: "a", environment: "b" }), "c_d"),
    engineName(composeProjectName({ ...identity, project: "a", environment: "b-c" }), "d"),
    engineName(composeProjectName({ ...identity, project: "a-b", environment: "c" }), "d"),
    engineName(composeProjectName({ ...identity, project: "a", environment: "b", home: "ffffffff" }), "c_d"),
    engineName(sharedProjectName({ project: "a" }, { label: "b", hash: "0a1b2c3d0a1b" }), "c_d"),
  ];
  expect(new Set(names).size).toBe(names.length);
});

test("a very long key still gives a name that engines accept, and another key another name", () => {
  const long = "x".repeat(300);
  const name = engineName(composeProjectName(identity), `${long}1`);
  expect(name.length).toBeLessThanOrEqual(200);
  expect(engineName(composeProjectName(identity), `${long}2`)).not.toBe(name);
});

test("a key that no engine would take as a name is refused", () => {
  expect(() => engineName("cilo_a", "../../etc")).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
});

test("a container name is taken away and stays a name inside the environment", () => {
  const isolated = isolateWith(specOf({ db: { image: "postgres", container_name: "shop-postgres" } }));
  const service = isolated.document.services["db"];
  expect(service).not.toHaveProperty("container_name");
  expect(service?.networks?.["default"]?.aliases).toContain("shop-postgres");
  expect(noticeCodes(isolated)).toContain("container-name-removed");
});

test("every service answers to <service>.<environment>.test inside the environment too", () => {
  const spec = specOf(
    { my_api: { image: "api", networks: { front: { aliases: ["backend"] }, back: null } } },
    { networks: { front: {}, back: {} } },
  );
  const { networks } = isolateWith(spec).document.services["my_api"] ?? {};
  expect(networks?.["front"]?.aliases).toEqual(["backend", "my-api.agent-1.test", "my-api"]);
  expect(networks?.["back"]?.aliases).toEqual(["my-api.agent-1.test", "my-api"]);
});

test("a service whose name is no DNS label is told what it is called", () => {
  const isolated = isolateWith(specOf({ "My_Api.v2": { image: "api" } }));
  expect(isolated.services[0]?.label).toBe("my-api-v2");
  expect(isolated.notices.find(({ code }) => code === "name-mapped")?.message).toContain("my-api-v2");
});

test("two services that would be called the same are refused, both named", () => {
  const spec = specOf({ my_api: { image: "a" }, "my-api": { image: "b" } });
  expect(() => isolateWith(spec)).toThrow(/my_api and my-api/u);
  expect(() => isolateWith(spec)).toThrow(expect.objectContaining({ code: "NAME_TAKEN" }));
});

test("a service name over 63 characters is refused", () => {
  const spec = specOf({ ["x".repeat(64)]: { image: "a" } });
  expect(() => isolateWith(spec)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
});

test("services called as JavaScript's own properties are services like any other", () => {
  const spec = specOf(
    { constructor: { image: "a", networks: { constructor: null } }, toString: { image: "b", depends_on: {} } },
    { networks: { constructor: {} } },
  );
  const { document } = isolateWith(spec);
  expect(Object.keys(document.services)).toEqual(["constructor", "toString"]);
  expect(document.networks?.["constructor"]?.ipam?.config).toHaveLength(1);
});

test("everything carries the labels by which it is found and removed", () => {
  const spec = specOf(
    { web: { build: { context: "/src/shop" }, labels: { team: "a", "cilo.home": "forged" } } },
    { volumes: { data: {} } },
  );
  const { document } = isolateWith(spec);
  const ours = { "cilo.home": "0a1b2c3d", "cilo.project": "shop", "cilo.environment": "agent-1" };
  expect(document.services["web"]?.labels).toEqual({ team: "a", ...ours, "cilo.service": "web" });
  expect(document.services["web"]?.build?.labels).toEqual({ ...ours, "com.docker.compose.project": document.name });
  expect(document.networks?.["default"]?.labels).toEqual(ours);
  expect(document.volumes?.["data"]?.labels).toEqual(ours);
});

test("images built in an environment are named where no registry can be", () => {
  expect(imageName(identity, "web")).toBe("cilo.localhost/0a1b2c3d/shop/agent-1/web");
});

test("a service of a chosen profile runs without the profile being named again", () => {
  const spec = specOf({ cache: { image: "redis", profiles: ["full"] } });
  expect(isolateWith(spec, inputOf()).document.services["cache"]).not.toHaveProperty("profiles");
});
