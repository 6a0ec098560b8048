import { expect, test } from "vitest";
import type { Service, EnvironmentSpec } from "../../spec/spec.ts";
import { planNetworks } from "../isolate.ts";
import { type Choices, SOURCE, identity, inputOf, isolateWith, specOf } from "../testing.ts";
import { planSharedNetworks, sharedDocumentWith } from "./shared-service.ts";

const db: Service = {
  image: "postgres:16",
  labels: { "cilo.share": "true" },
  healthcheck: { test: ["CMD", "pg_isready"] },
  container_name: "pg",
  ports: [{ target: 5432, published: "5432" }],
  volumes: [
    { type: "volume", source: "data", target: "/var/lib/postgresql/data" },
    { type: "bind", source: `${SOURCE}/init.sql`, target: "/init.sql" },
  ],
};
const web: Service = { image: "nginx", depends_on: { db: { condition: "service_healthy" } } };
const volumes = { data: { name: "shop_data" } };

function isolated(services: Record<string, Service>, choices: Choices = {}, rest: Partial<EnvironmentSpec> = {}) {
  return isolateWith(specOf(services, { volumes, ...rest }), inputOf(choices));
}

test("a shared service is not in the environment's document, nor is what depended on it", () => {
  const { document, services, shared } = isolated({ db, web });
  expect(Object.keys(document.services)).toEqual(["web"]);
  expect(document.services["web"]).not.toHaveProperty("depends_on");
  expect(services.map(({ name }) => name)).toEqual(["web"]);
  expect(shared.map(({ name }) => name)).toEqual(["db"]);
});

test("it runs in a Compose project of its own, with its healthcheck and its data", () => {
  const [shared] = isolated({ db, web }).shared;
  expect(shared?.composeProject).toMatch(/^cilo_shop_db_shared_[0-9a-f]{12}$/u);
  expect(shared?.document.services["db"]).toMatchObject({
    healthcheck: db.healthcheck,
    labels: { "cilo.shared": shared?.hash, "cilo.service": "db" },
    environment: { CILO_PROJECT: "shop" },
  });
  expect(shared?.document.services["db"]?.labels).not.toHaveProperty("cilo.environment");
  expect(shared?.document.services["db"]).not.toHaveProperty("ports");
  expect(shared?.document.volumes?.["data"]?.name).toBe(`${shared?.composeProject}_data`);
});

test("its files stay in the source, which is no one environment's, read-only, and are listed", () => {
  const { shared, sharedWithHost } = isolated({ db, web });
  expect(shared[0]?.document.services["db"]?.volumes?.[1]).toMatchObject({
    source: `${SOURCE}/init.sql`,
    read_only: true,
  });
  expect(sharedWithHost.map(({ kind }) => kind)).toEqual(["service", "bind"]);
});

test("it joins the environment's networks under all its names there", () => {
  const networks = { front: null, back: null };
  const spec = { networks: { front: {}, back: {} } };
  const { shared } = isolated({ db: { ...db, networks }, web: { ...web, networks: { back: null } } }, {}, spec);
  expect(shared[0]?.networks).toEqual({ back: ["db", "db.agent-1.test", "pg"] });
});

test("the plan has room for it in the environment and for its own network", () => {
  const spec = specOf({ db, web }, { volumes });
  expect(planNetworks(spec, inputOf())).toEqual([{ key: "default", hosts: 2 }]);
  const [shared] = isolateWith(spec).shared;
  if (shared === undefined) throw new Error("nothing is shared");
  expect(planSharedNetworks(shared)).toEqual([{ key: "default", hosts: 1 }]);
  const document = sharedDocumentWith(shared, { blocks: [], subnets: { default: "10.223.9.0/29" } });
  expect(document.networks?.["default"]).toMatchObject({
    name: `${shared.composeProject}_default`,
    ipam: { config: [{ subnet: "10.223.9.0/29" }] },
  });
});

test("all environments of a project mean the same container", () => {
  const first = isolated({ db, web });
  const second = isolated(
    { web: { ...web, environment: { A: "1" } }, db },
    { identity: { ...identity, environment: "agent-2" }, workspaceRoot: "/home/u/.cilo/envs/shop/agent-2/workspace" },
  );
  expect(second.shared[0]?.document).toEqual(first.shared[0]?.document);
});

test.each<[string, Service, Partial<EnvironmentSpec>, Choices]>([
  ["another variable", { ...db, environment: { A: "1" } }, {}, {}],
  ["another volume", db, { volumes: { data: { driver_opts: { type: "tmpfs", device: "tmpfs" } } } }, {}],
  ["another project", db, {}, { identity: { ...identity, project: "blog" } }],
  ["another home", db, {}, { identity: { ...identity, home: "ffffffff" } }],
])("%s is another container", (_, service, rest, choices) => {
  const before = isolated({ db, web }).shared[0];
  const after = isolated({ db: service, web }, choices, rest).shared[0];
  expect(after?.composeProject).not.toBe(before?.composeProject);
});

test("the order in which a definition is written does not matter", () => {
  const turned = Object.fromEntries(Object.entries(db).reverse());
  expect(isolated({ db: turned, web }).shared[0]?.hash).toBe(isolated({ db, web }).shared[0]?.hash);
});

test("the command line and config can share a service, and isolate one that is labelled", () => {
  const plain = { ...db, labels: {} };
  expect(isolated({ db: plain, web }, { options: { share: ["db"] } }).shared).toHaveLength(1);
  expect(isolated({ db, web }, { options: { isolate: ["db"] } }).shared).toEqual([]);
});

test.each<[string, Record<string, Service>]>([
  [
    "it depends on an isolated service",
    { db: { ...db, depends_on: { web: { condition: "service_started" } } }, web: { image: "a" } },
  ],
  ["it lives in another's network", { db: { ...db, network_mode: "service:web" }, web: { image: "a" } }],
  ["it has no network", { db: { ...db, network_mode: "none" } }],
  ["another lives in its network", { db, web: { image: "a", network_mode: "service:db" } }],
  [
    "another mounts its volume",
    { db, web: { image: "a", volumes: [{ type: "volume", source: "data", target: "/d" }] } },
  ],
  ["another takes its volumes", { db, web: { image: "a", volumes_from: ["db:ro"] } }],
  ["another uses the image it builds", { db: { ...db, build: { context: SOURCE } }, web: { image: "postgres:16" } }],
])("sharing is refused where it would break isolation: %s", (_, services) => {
  expect(() => isolated(services)).toThrow(expect.objectContaining({ code: "SHARE_REFUSED" }));
});

test("shared services that need each other are given in the order in which they start", () => {
  const api: Service = {
    image: "api",
    labels: { "cilo.share": "true" },
    depends_on: { db: { condition: "service_healthy" } },
  };
  const { shared } = isolated({ api, db, web });
  expect(shared.map(({ name }) => name)).toEqual(["db", "api"]);
  expect(shared[1]?.document.services["api"]).not.toHaveProperty("depends_on");
});

test("an image that a shared service builds is its own", () => {
  const { shared } = isolated({ db: { ...db, build: { context: `${SOURCE}/db` } }, web });
  const service = shared[0]?.document.services["db"];
  expect(service?.image).toBe(`cilo.localhost/0a1b2c3d/shop/db:shared-${shared[0]?.hash.slice(0, 12)}`);
  expect(service?.build?.context).toBe(`${SOURCE}/db`);
});
