import { expect, test } from "vitest";
import type { Build } from "../spec/spec.ts";
import { SOURCE, WORKSPACE, isolateWith, isolatedService, noticeCodes, specOf } from "./testing.ts";

const OURS = "cilo.localhost/0a1b2c3d/shop/agent-1";

test("an image that is built here is the environment's own and is never pulled", () => {
  const spec = specOf({ web: { build: { context: SOURCE, dockerfile: "Dockerfile" }, pull_policy: "always" } });
  const service = isolatedService(spec, "web");
  expect(service).toMatchObject({ image: `${OURS}/web`, pull_policy: "never" });
  expect(service.build).toMatchObject({ context: WORKSPACE, dockerfile: "Dockerfile" });
});

test("services that use the image another one builds use the environment's", () => {
  const isolated = isolateWith(
    specOf({
      web: { image: "shop/app:dev", build: { context: SOURCE } },
      worker: { image: "shop/app:dev", build: { context: SOURCE } },
      job: { image: "shop/app:dev" },
    }),
  );
  for (const name of ["web", "worker", "job"])
    expect(isolated.document.services[name]).toMatchObject({ image: `${OURS}/web`, pull_policy: "never" });
  expect(noticeCodes(isolated)).toContain("image-renamed");
});

test("an image that is not built here is untouched", () => {
  const service = { image: "postgres:16", pull_policy: "missing" };
  expect(isolatedService(specOf({ db: service }), "db")).toMatchObject(service);
});

test("a service that is to be built on every start still is", () => {
  const spec = specOf({ web: { build: { context: SOURCE }, pull_policy: "build" } });
  expect(isolatedService(spec, "web").pull_policy).toBe("build");
});

function built(build: Build) {
  const isolated = isolateWith(specOf({ base: { image: "shop/base", build: { context: SOURCE } }, web: { build } }));
  return { build: isolated.document.services["web"]?.build, isolated };
}

test("a tag is one name for the whole engine, so an environment's image gets none", () => {
  const { build, isolated } = built({ context: SOURCE, tags: ["shop/web:latest"] });
  expect(build).not.toHaveProperty("tags");
  expect(noticeCodes(isolated)).toContain("build-option-removed");
});

test("contexts beside the project stay and are listed, remote ones stay", () => {
  const { build, isolated } = built({
    context: `${SOURCE}/web`,
    additional_contexts: {
      lib: "/src/lib",
      docs: `${SOURCE}/docs`,
      base: "docker-image://shop/base",
      git: "https://example.com/a.git",
      layout: `oci-layout://${SOURCE}/oci`,
      other: "service:base",
    },
  });
  expect(build?.additional_contexts).toEqual({
    lib: "/src/lib",
    docs: `${WORKSPACE}/docs`,
    base: `docker-image://${OURS}/base`,
    git: "https://example.com/a.git",
    layout: `oci-layout://${WORKSPACE}/oci`,
    other: "service:base",
  });
  expect(isolated.sharedWithHost).toEqual([
    { kind: "build-context", what: "/src/lib", service: "web", readOnly: true },
  ]);
});

test("a remote context is left alone", () => {
  const { build } = built({ context: "https://example.com/shop.git#main", dockerfile: "Dockerfile" });
  expect(build).toMatchObject({ context: "https://example.com/shop.git#main", dockerfile: "Dockerfile" });
});

test("a Dockerfile stays the same file", () => {
  expect(built({ context: `${SOURCE}/web`, dockerfile: "../Dockerfile" }).build?.dockerfile).toBe("../Dockerfile");
  expect(built({ context: SOURCE, dockerfile: `${SOURCE}/a/Dockerfile` }).build?.dockerfile).toBe(
    `${WORKSPACE}/a/Dockerfile`,
  );
  expect(built({ context: SOURCE, dockerfile: "../Dockerfile" }).build?.dockerfile).toBe("/src/Dockerfile");
});

test("a build argument that names an image built here names the environment's", () => {
  const args = { BASE: "shop/base", MODE: "dev", EMPTY: null };
  expect(built({ context: SOURCE, args }).build?.args).toEqual({ BASE: `${OURS}/base`, MODE: "dev", EMPTY: null });
});

test("a build cache is not written where other environments would find it", () => {
  const { build, isolated } = built({
    context: SOURCE,
    cache_to: ["type=inline", "type=gha,token=s3cret"],
    cache_from: ["shop/cache", `type=local,src=${SOURCE}/cache`, "type=local,src=cache"],
  });
  expect(build?.cache_to).toEqual(["type=inline"]);
  expect(JSON.stringify(isolated.notices)).not.toContain("s3cret");
  expect(build?.cache_from).toEqual([
    "shop/cache",
    `type=local,src=${WORKSPACE}/cache`,
    `type=local,src=${WORKSPACE}/cache`,
  ]);
});

test("what a build gets of the host is listed", () => {
  const { build, isolated } = built({
    context: SOURCE,
    network: "host",
    privileged: true,
    entitlements: ["security.insecure"],
    ssh: ["default", `deploy=${SOURCE}/keys/deploy`, "user=/home/u/.ssh/id"],
  });
  expect(build?.["ssh"]).toEqual(["default", `deploy=${WORKSPACE}/keys/deploy`, "user=/home/u/.ssh/id"]);
  expect(isolated.sharedWithHost.map(({ kind, what }) => `${kind}: ${what}`)).toEqual([
    "namespace: host network while building",
    "privileged: privileged build",
    "capability: build entitlement security.insecure",
    "file: ssh default",
    "file: ssh user=/home/u/.ssh/id",
  ]);
});
