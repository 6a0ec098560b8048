import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentPaths } from "./home.ts";
import { beginOperation } from "./operation.ts";
import { findOrphans } from "./orphans.ts";
import { find, saveRecord } from "./records.ts";
import { type Bench, createBench } from "./testing.ts";
import { failure } from "./testing-shop.ts";

const SHOP = `
services:
  web: { image: nginx, healthcheck: { test: [CMD, "true"] }, networks: { default: null } }
networks: { default: null }
`;

const destroy = (bench: Bench, options: { keepWorkspace?: boolean; force?: boolean } = {}) =>
  bench.environments.destroy("dev", { keepWorkspace: false, force: false, ...options }, bench.context());

async function expectGone(bench: Bench): Promise<void> {
  expect(await bench.environments.list(bench.context())).toEqual([]);
  expect((await bench.filesOfHome()).filter((path) => path.startsWith("envs/"))).toEqual([]);
  expect(await bench.addresses.owners()).toEqual(new Map());
}

describe("destroy", () => {
  test("refuses to lose work that is nowhere else, and names the files and the ways out", async () => {
    await using bench = await createBench(SHOP);
    await bench.write("main.ts", "one");
    const { status } = await bench.up("dev");
    for (const name of ["main.ts", "a.ts", "b.ts", "c.ts"]) await writeFile(join(status.workspace, name), "agent's");
    const error = await failure(destroy(bench));
    expect(error.code).toBe("WOULD_LOSE");
    expect(error.message).toBe("the workspace of dev has edits that are nowhere else: a.ts, b.ts, c.ts and 1 more");
    expect(error.hint).toContain("cilo merge dev");
    expect((await bench.environments.status("dev", bench.context())).state).toBe("running");
    await destroy(bench, { force: true });
    await expectGone(bench);
  });

  test("does not count what git ignores", async () => {
    await using bench = await createBench(SHOP);
    await mkdir(join(bench.source, ".git/objects"), { recursive: true });
    await bench.write(".git/HEAD", "ref: refs/heads/main\n");
    await bench.write(".gitignore", "node_modules/\n*.log\n");
    const { status } = await bench.up("dev");
    await mkdir(join(status.workspace, "node_modules/x"), { recursive: true });
    await writeFile(join(status.workspace, "node_modules/x/index.js"), "made by a container");
    await writeFile(join(status.workspace, "out.log"), "made by a container");
    await destroy(bench);
    await expectGone(bench);
  });

  test("lets go of work that was merged", async () => {
    await using bench = await createBench(SHOP);
    const { status } = await bench.up("dev");
    await writeFile(join(status.workspace, "new.ts"), "agent's");
    expect(await bench.environments.changes("dev", bench.context())).toEqual([{ path: "new.ts", kind: "added" }]);
    await bench.environments.merge("dev", { dryRun: false }, bench.context());
    expect(await readFile(join(bench.source, "new.ts"), "utf8")).toBe("agent's");
    await destroy(bench);
    await expectGone(bench);
  });

  test("keeps the workspace when asked, and nothing else", async () => {
    await using bench = await createBench(SHOP);
    const { status } = await bench.up("dev");
    await writeFile(join(status.workspace, "new.ts"), "agent's");
    const { workspace } = await destroy(bench, { keepWorkspace: true });
    expect(await readFile(join(workspace ?? "", "new.ts"), "utf8")).toBe("agent's");
    await expectGone(bench);
  });

  test("leaves everything as it is when the engine does not answer", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("dev");
    bench.runtime.setReachable(false);
    expect((await failure(destroy(bench))).code).toBe("ENGINE_UNREACHABLE");
    expect(bench.names.published.has("dev")).toBe(true);
    expect(await bench.environments.list(bench.context())).toMatchObject([{ environment: "dev", state: "unknown" }]);
    bench.runtime.setReachable(true);
    await destroy(bench);
    await expectGone(bench);
  });

  test("of a name that is not there says which is near", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("dev");
    const options = { keepWorkspace: false, force: false };
    const error = await failure(bench.environments.destroy("dve", options, bench.context()));
    expect(error).toMatchObject({ code: "ENVIRONMENT_NOT_FOUND", hint: expect.stringContaining("cilo list") });
    const near = await failure(bench.environments.destroy("de", options, bench.context()));
    expect(near.hint).toBe("Did you mean dev?");
  });

  test("of one leaves another project's environments and data alone", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("dev");
    await bench.write("../blog/compose.yaml", `name: blog\n${SHOP}`);
    await bench.up("dev-2", { from: join(bench.folder, "blog") });
    const before = bench.runtime.objects(`cilo_blog_dev-2_${bench.home.id}`);
    await destroy(bench);
    expect(bench.runtime.objects(`cilo_blog_dev-2_${bench.home.id}`)).toEqual(before);
    expect(await bench.environments.list(bench.context())).toMatchObject([{ project: "blog", state: "running" }]);
  });

  test("goes through a folder that a creation left before it had a record", async () => {
    await using bench = await createBench(SHOP);
    const paths = environmentPaths(bench.home, { project: "shop", environment: "dev" });
    await mkdir(`${paths.workspace}.partial/deep`, { recursive: true });
    expect(await destroy(bench)).toEqual({ environment: "dev", project: "shop" });
    await expectGone(bench);
  });

  test("follows no link out of the workspace", async () => {
    await using bench = await createBench(SHOP);
    await bench.write("../outside/precious.txt", "precious");
    const { status } = await bench.up("dev");
    const { symlink } = await import("node:fs/promises");
    await symlink(join(bench.folder, "outside"), join(status.workspace, "link"));
    await destroy(bench, { force: true });
    expect(existsSync(join(bench.folder, "outside/precious.txt"))).toBe(true);
    await expectGone(bench);
  });
});

describe("a record that is damaged", () => {
  test("hides no other environment, and can be removed by force", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("dev");
    await bench.up("other");
    await writeFile(environmentPaths(bench.home, { project: "shop", environment: "dev" }).record, "{");
    expect(await bench.environments.list(bench.context())).toMatchObject([
      { environment: "other", state: "running" },
      { environment: "dev", state: "unknown" },
    ]);
    const error = await failure(bench.up("dev"));
    expect(error).toMatchObject({ code: "RECORD_INVALID", hint: expect.stringContaining("cilo destroy dev --force") });
    expect(await findOrphans(bench.deps, { signal: bench.context().signal })).toMatchObject([{ status: "fail" }]);
    await destroy(bench, { force: true });
    expect(bench.runtime.objects(`cilo_shop_dev_${bench.home.id}`)).toEqual([]);
    expect(await bench.environments.list(bench.context())).toMatchObject([{ environment: "other", state: "running" }]);
    expect([...(await bench.addresses.owners()).keys()]).toEqual(["shop/other"]);
  });
});

test("one that a destroy left halfway is told from one that is being destroyed", async () => {
  await using bench = await createBench(SHOP);
  const { record } = await find(bench.home, (await bench.up("dev")).status.environment);
  await saveRecord(bench.home, { ...record, phase: "destroying" });
  const listed = async () => await bench.environments.list(bench.context());
  expect(await listed()).toMatchObject([{ environment: "dev", state: "destroying", interrupted: true }]);
  await using _ = await beginOperation(bench.home, "dev", bench.context());
  expect(await listed()).toMatchObject([{ environment: "dev", state: "destroying", interrupted: false }]);
});

describe("down", () => {
  test("takes the names away and keeps workspace, data and addresses", async () => {
    await using bench = await createBench(SHOP);
    const { status } = await bench.up("dev");
    await writeFile(join(status.workspace, "new.ts"), "agent's");
    await bench.environments.down("dev", bench.context());
    expect(bench.names.published.has("dev")).toBe(false);
    expect(await bench.environments.list(bench.context())).toMatchObject([
      { state: "stopped", services: { total: 1, running: 0 } },
    ]);
    const again = await bench.up("dev");
    expect(again.status.blocks).toEqual(status.blocks);
    expect(await readFile(join(again.status.workspace, "new.ts"), "utf8")).toBe("agent's");
  });

  test("twice is no failure", async () => {
    await using bench = await createBench(SHOP);
    await bench.up("dev");
    await bench.environments.down("dev", bench.context());
    await bench.environments.down("dev", bench.context());
    expect(await bench.environments.list(bench.context())).toMatchObject([{ state: "stopped" }]);
  });
});
