import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { describe, expect, test } from "vitest";
import type { EnvironmentStatus, ProgressEvent, UpResult } from "./environments.ts";
import { environmentPaths } from "./home.ts";
import { type Bench, createBench } from "./testing.ts";

const SHOP = `
services:
  web:
    image: nginx
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
    volumes: [{ type: bind, source: SOURCE/site, target: /site }]
  db:
    image: postgres
    healthcheck: { test: [CMD, "true"] }
    networks: { default: null }
networks: { default: null }
`;

async function shop(): Promise<Bench> {
  const bench = await createBench("");
  await writeShop(bench, SHOP);
  return bench;
}

const writeShop = (bench: Bench, text: string): Promise<void> =>
  bench.write("compose.yaml", text.replaceAll("SOURCE", bench.source));

const idOf = (status: EnvironmentStatus, service: string): string | undefined =>
  status.serviceStatus.find((one) => one.service === service)?.containers[0]?.id;

async function failure(work: Promise<unknown>): Promise<CiloError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof CiloError) return outcome;
  throw new Error("it did not fail as it should", { cause: outcome });
}

const upsOf = (bench: Bench): number => bench.runtime.calls.filter((call) => call.startsWith("up ")).length;

async function composeFile(bench: Bench): Promise<string> {
  return await readFile(environmentPaths(bench.home, { project: "shop", environment: "dev" }).compose, "utf8");
}

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

describe("an update that fails", () => {
  test("to parse leaves what runs as it is", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    const before = await composeFile(bench);
    await bench.write("compose.yaml", "services: 3");
    expect((await failure(bench.up("dev"))).code).toBe("PROJECT_INVALID");
    const status = await bench.environments.status("dev", bench.context());
    expect(status.state).toBe("running");
    expect(idOf(status, "web")).toBe(idOf(first.status, "web"));
    expect(await composeFile(bench)).toBe(before);
  });

  test("to pull or build leaves what runs, and the generated file that says what runs", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    const before = await composeFile(bench);
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:2"));
    bench.runtime.failNextUp(new CiloError("IMAGE_UNAVAILABLE", "no nginx:2"));
    expect((await failure(bench.up("dev"))).code).toBe("IMAGE_UNAVAILABLE");
    expect(idOf(await bench.environments.status("dev", bench.context()), "web")).toBe(idOf(first.status, "web"));
    expect(await composeFile(bench)).toBe(before);
    const third = await bench.up("dev");
    expect(third.changed).toBe(true);
    expect(idOf(third.status, "web")).not.toBe(idOf(first.status, "web"));
  });

  test("to become healthy is put back to what ran before, with the service's last words in the error", async () => {
    await using bench = await shop();
    await bench.up("dev");
    const before = await composeFile(bench);
    await writeShop(
      bench,
      SHOP.replace(
        "    image: nginx\n",
        "    image: nginx:2\n    x-fake: { unhealthyAfterMs: 5, output: [starting, config is broken] }\n",
      ),
    );
    const error = await failure(bench.up("dev"));
    expect(error.code).toBe("SERVICE_UNHEALTHY");
    expect(error.message).toBe("web is unhealthy: starting; config is broken; what ran before was put back");
    expect(await composeFile(bench)).toBe(before);
    const status = await bench.environments.status("dev", bench.context());
    expect(status.state).toBe("running");
    expect(bench.names.of("dev")["web"]).toEqual([expect.any(String)]);
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:3"));
    expect((await bench.up("dev")).changed).toBe(true);
  });

  test("to become healthy without having been changed is not put back", async () => {
    await using bench = await shop();
    const first = await bench.up("dev");
    await writeShop(bench, SHOP.replace("image: nginx", "image: nginx:2"));
    bench.runtime.behave("db", { exitAfterMs: 1, exitCode: 3 });
    bench.runtime.kill(first.status.composeProject, "db", 3);
    const error = await failure(bench.up("dev"));
    expect(error).toMatchObject({ code: "SERVICE_EXITED", message: "db ended with status 3" });
    expect(await composeFile(bench)).toContain("nginx:2");
  });
});

describe("a creation", () => {
  test("whose service ends with a failure says which, how and its last words, and leaves nothing", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { exitAfterMs: 1, exitCode: 7, output: ["data directory has wrong ownership"] });
    const error = await failure(bench.up("dev"));
    expect(error).toMatchObject({
      code: "SERVICE_EXITED",
      message: "db ended with status 7: data directory has wrong ownership",
      hint: "To look into it, bring it up without waiting: cilo up dev --no-wait",
    });
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("that is not ready in time says what was not", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 60_000 });
    const error = await failure(bench.up("dev", { timeoutMs: 150 }));
    expect(error).toMatchObject({ code: "UP_TIMEOUT", message: "dev was not ready after 0.15 s: db (starting)" });
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("without waiting returns while services are still becoming healthy", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 60_000 });
    const { status } = await bench.up("dev", { wait: false });
    expect(status.serviceStatus.map(({ service, state }) => [service, state])).toContainEqual(["db", "starting"]);
    expect(bench.names.of("dev")["db"]).toEqual([expect.any(String)]);
  });

  test("publishes a name as soon as its container has started, before it is healthy", async () => {
    await using bench = await shop();
    bench.runtime.behave("db", { healthyAfterMs: 400 });
    const seen: string[][] = [];
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === "service" && event.service === "db")
        seen.push([event.state, ...(bench.names.of("dev")["db"] ?? [])]);
    };
    const up = bench.up("dev", {}, { onEvent });
    await expect.poll(() => bench.names.of("dev")["db"] ?? []).toHaveLength(1);
    expect(seen.map(([state]) => state)).not.toContain("healthy");
    await up;
    expect(seen.map(([state]) => state)).toContain("healthy");
  });

  test("of a project that is wrong, or with an engine that does not answer, makes nothing", async () => {
    await using bench = await shop();
    const before = await bench.filesOfHome();
    bench.runtime.setReachable(false);
    expect((await failure(bench.up("dev"))).code).toBe("ENGINE_UNREACHABLE");
    bench.runtime.setReachable(true);
    await bench.write("compose.yaml", "services: 3");
    expect((await failure(bench.up("dev"))).code).toBe("PROJECT_INVALID");
    expect(await bench.filesOfHome()).toEqual(before);
    expect(bench.runtime.calls).toEqual([]);
  });

  test("whose hostname is refused starts nothing and leaves nothing", async () => {
    await using bench = await shop();
    await writeShop(
      bench,
      SHOP.replace("    image: nginx\n", "    image: nginx\n    labels: { cilo.hostnames: refused.test }\n"),
    );
    expect((await failure(bench.up("dev"))).code).toBe("HOSTNAME_REFUSED");
    expect(upsOf(bench)).toBe(0);
    expect(await bench.environments.list(bench.context())).toEqual([]);
  });

  test("takes another block when the engine finds one taken", async () => {
    await using bench = await shop();
    let refusals = 2;
    const up = bench.runtime.up.bind(bench.runtime);
    const blocks: string[] = [];
    bench.runtime.up = async (target, spec, options) => {
      blocks.push(JSON.stringify(spec.document.networks?.["default"]?.ipam?.config?.[0]?.subnet));
      if (refusals-- > 0) throw new CiloError("SUBNET_TAKEN", "Pool overlaps");
      await up(target, spec, options);
    };
    const { status } = await bench.up("dev");
    expect(new Set(blocks).size).toBe(3);
    expect(status.state).toBe("running");
    expect((await bench.addresses.owners()).size).toBe(1);
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
