import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { UpResult } from "./environments.ts";
import { createEnvironments } from "./lifecycle.ts";
import { upRequest } from "./testing.ts";
import { SHOP, shop, writeShop, idOf, failure, upsOf, composeFile } from "./testing-shop.ts";

describe("up on an environment that is there", () => {
  test("changes nothing and asks the engine for nothing when nothing changed", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    const ups = upsOf(bench);
    const second = await bench.up("dev");
    expect(second).toMatchObject({ changed: false, created: false, status: { state: "running" } });
    expect(upsOf(bench)).toBe(ups);
    expect(idOf(second.status, "web")).toBe(idOf(first.status, "web"));
  });

  test("brings a source edit over and replaces the one service that it is about", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:2"));
    const second = await bench.up("dev");
    expect(second).toMatchObject({ changed: true, sync: { applied: [{ path: "compose.yaml", kind: "changed" }] } });
    expect(idOf(second.status, "web")).not.toBe(idOf(first.status, "web"));
    expect(idOf(second.status, "db")).toBe(idOf(first.status, "db"));
    expect((await bench.up("dev")).changed).toBe(false);
  });

  test("leaves a service alone that only mounts a changed file", async () => {
    await using bench = await shop();
    await bench.write("site/index.html", "one");
    const first = await bench.up("dev");
    await bench.write("site/index.html", "two");
    const second = await bench.up("dev");
    expect(second).toMatchObject({ changed: true, sync: { applied: [{ path: "site/index.html" }] } });
    expect(await readFile(join(second.status.workspace, "site/index.html"), "utf8")).toBe("two");
    expect(idOf(second.status, "web")).toBe(idOf(first.status, "web"));
    expect(bench.runtime.calls.filter((call) => call.startsWith("restart"))).toEqual([]);
  });

  test("restarts a service for a changed file when its definition asks for it", async () => {
    await using bench = await shop();
    const watching = SHOP.replace(
      "    image: nginx\n",
      "    image: nginx\n    develop: { watch: [{ path: SOURCE/site, action: sync+restart, ignore: ['*.log'] }] }\n",
    );
    await writeShop(bench, watching);
    await bench.write("site/index.html", "one");
    await bench.up("dev");
    await bench.write("site/x.log", "noise");
    await bench.up("dev");
    expect(bench.runtime.calls.filter((call) => call.startsWith("restart"))).toEqual([]);
    await bench.write("site/index.html", "two");
    await bench.up("dev");
    expect(bench.runtime.calls.filter((call) => call.startsWith("restart"))).toEqual(["restart web"]);
  });

  test("reports what was edited on both sides and leaves the workspace's", async () => {
    await using bench = await shop();
    await bench.write("site/index.html", "one");
    const { status } = await bench.up("dev");
    await bench.write("site/index.html", "source");
    await writeFile(join(status.workspace, "site/index.html"), "agent");
    const second = await bench.up("dev");
    expect(second.notices).toContainEqual(expect.objectContaining({ code: "edited-on-both-sides" }));
    expect(await readFile(join(status.workspace, "site/index.html"), "utf8")).toBe("agent");
    expect(await readFile(join(bench.source, "site/index.html"), "utf8")).toBe("source");
  });

  test("starts a service again that somebody stopped", async () => {
    await using bench = await shop();
    const { status } = await bench.up("dev");
    bench.runtime.kill(status.composeProject, "web", 0);
    const second = await bench.up("dev");
    expect(second).toMatchObject({ changed: true, status: { state: "running" } });
  });

  test("goes on from its copy when the source is gone, and says so", async () => {
    await using bench = await shop();
    await bench.up("dev");
    await rm(bench.source, { recursive: true });
    const second = await bench.up("dev", { workingDir: bench.folder });
    expect(second.notices).toContainEqual(expect.objectContaining({ code: "source-gone" }));
    expect(second.changed).toBe(false);
  });

  test("remembers what it was asked at first", async () => {
    await using bench = await shop();
    await bench.up("dev", { options: { scale: { web: 2 } } });
    const second = await bench.up("dev");
    expect(second.changed).toBe(false);
    expect(bench.names.of("dev")["web"]).toHaveLength(2);
  });
});

test.each(["Dev", "a.b", "../x", "a/b", "", "-a", "a_b", "x".repeat(64)])(
  "the name %j is refused in one line",
  async (name) => {
    await using bench = await shop();
    const error = await failure(bench.up(name));
    expect(error).toMatchObject({ code: "NAME_INVALID", hint: expect.any(String) });
    const remove = bench.environments.destroy(name, { keepWorkspace: false, force: true }, bench.context());
    expect((await failure(remove)).code).toBe("NAME_INVALID");
  },
);

describe("an environment name", () => {
  test("that another project has is refused, naming that project", async () => {
    await using bench = await shop();
    await bench.up("dev");
    await bench.write("../blog/compose.yaml", SHOP.replaceAll("SOURCE", join(bench.folder, "blog")));
    const blog = join(bench.folder, "blog");
    for (const request of [{ workingDir: blog }, { from: blog }]) {
      const error = await failure(bench.up("dev", request));
      expect(error.code).toBe("NAME_TAKEN");
      expect(error.message).toBe(`the name dev is taken by project shop, made from ${bench.source}`);
    }
    expect((await bench.up("dev", { workingDir: bench.folder })).changed).toBe(false);
  });

  test("means the environment's own project where the current folder is none", async () => {
    await using bench = await shop();
    const { status } = await bench.up("dev");
    expect((await bench.up("dev", { workingDir: status.workspace })).changed).toBe(false);
  });
});

describe("the project that is meant", () => {
  test("is the nearest one upwards of the current folder, and of the one named", async () => {
    await using bench = await shop();
    await bench.write("src/web/index.ts", "");
    const below = join(bench.source, "src/web");
    expect((await bench.up("one", { from: below })).status.source).toBe(bench.source);
    expect((await bench.up("two", { workingDir: below })).status.source).toBe(bench.source);
    expect((await bench.up("one", { workingDir: below })).changed).toBe(false);
  });

  test("is that of the folder where COMPOSE_FILE names its files, which are remembered", async () => {
    await using bench = await shop();
    await bench.write("deploy/other.yaml", "services: { other: { image: nginx, networks: { default: null } } }\n");
    const deps = { ...bench.deps, env: { ...bench.deps.env, COMPOSE_FILE: "deploy/other.yaml" } };
    const { status } = await createEnvironments(deps).up(upRequest("dev", bench.source), bench.context());
    expect(status.serviceStatus.map(({ service }) => service)).toEqual(["other"]);
    const again = await bench.up("dev", { workingDir: bench.folder });
    expect(again.status.serviceStatus.map(({ service }) => service)).toEqual(["other"]);
  });
});

test("a project name in a repository's config that leads elsewhere is refused before anything is made", async () => {
  await using bench = await shop();
  const before = await bench.filesOfHome();
  await bench.write(".cilo/config.yml", "project: ../..\n");
  expect((await failure(bench.up("dev"))).code).toBe("CONFIG_INVALID");
  await bench.write(".cilo/config.yml", "compose_files: [../../etc/compose.yaml]\n");
  expect((await failure(bench.up("dev"))).code).toBe("PATH_ESCAPES");
  expect(await bench.filesOfHome()).toEqual(before);
});

test("create makes files and addresses and starts nothing; up goes on from there", async () => {
  await using bench = await shop();
  const request = {
    environment: "dev",
    workingDir: bench.source,
    options: {},
    build: false,
    recreate: false,
    wait: true,
    timeoutMs: 5000,
  };
  const created: UpResult = await bench.environments.create(request, bench.context());
  expect(created).toMatchObject({ created: true, status: { state: "stopped", blocks: [expect.any(String)] } });
  expect(upsOf(bench)).toBe(0);
  expect(await composeFile(bench)).toContain("nginx");
  expect(await bench.up("dev")).toMatchObject({ created: false, changed: true, status: { state: "running" } });
});

test("plan shows what up would run and makes nothing", async () => {
  await using bench = await shop();
  const before = await bench.filesOfHome();
  const request = {
    environment: "dev",
    workingDir: bench.source,
    options: {},
    build: false,
    recreate: false,
    wait: true,
    timeoutMs: 5000,
  };
  const { isolated } = await bench.environments.plan(request, bench.context());
  expect(Object.keys(isolated.document.services)).toEqual(["web", "db"]);
  expect(await bench.filesOfHome()).toEqual(before);
  expect(bench.runtime.calls).toEqual([]);
});

test("twenty environments brought up at once have twenty blocks and all their names", async () => {
  await using bench = await shop();
  const names = Array.from({ length: 20 }, (_, index) => `env-${index}`);
  const results = await Promise.all(names.map((name) => bench.up(name)));
  expect(new Set(results.flatMap(({ status }) => status.blocks)).size).toBe(20);
  expect(names.map((name) => bench.names.of(name)["web"]?.length)).toEqual(names.map(() => 1));
  const listed = await bench.environments.list(bench.context());
  expect(listed.every(({ state }) => state === "running")).toBe(true);
});

test("two ups of one name at once make one environment", async () => {
  await using bench = await shop();
  const results = await Promise.all([bench.up("dev"), bench.up("dev"), bench.up("dev")]);
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(results.filter(({ changed }) => !changed)).toHaveLength(2);
});

test("names follow containers that the engine started again at other addresses, once somebody looks", async () => {
  await using bench = await shop();
  const { status } = await bench.up("dev");
  const before = bench.names.of("dev");
  bench.names.published.set("dev", []);
  await bench.environments.status("dev", bench.context());
  expect(bench.names.of("dev")).toEqual(before);
  await bench.environments.down("dev", bench.context());
  await bench.environments.status("dev", bench.context());
  expect(bench.names.published.has("dev")).toBe(false);
  expect(status.state).toBe("running");
});

test("listing fifty environments is quick and asks the engine once", async () => {
  await using bench = await shop();
  const names = Array.from({ length: 50 }, (_, index) => `env-${index}`);
  await Promise.all(names.map((name) => bench.up(name)));
  const started = performance.now();
  const listed = await bench.environments.list(bench.context());
  const durationMs = performance.now() - started;
  expect(listed.map(({ state, services }) => [state, services.running])).toEqual(names.map(() => ["running", 2]));
  expect(durationMs).toBeLessThan(500);
});

test("an environment cannot move to another runtime", async () => {
  await using bench = await shop();
  await bench.up("dev");
  expect((await failure(bench.up("dev", { runtime: "podman" }))).code).toBe("FIXED_AT_CREATION");
});
