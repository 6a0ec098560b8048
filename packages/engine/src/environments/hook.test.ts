import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import { type Bench, createBench } from "./testing.ts";

const SHOP = `
services:
  web: { image: nginx, healthcheck: { test: [CMD, "true"] }, networks: { default: null } }
networks: { default: null }
`;

async function withHook(): Promise<Bench> {
  const bench = await createBench(SHOP);
  await bench.write(".cilo/config.yml", "env:\n  init_hook: sh ./init.sh\n");
  await bench.write("init.sh", "echo $CILO_ENV $CILO_PROJECT > made-by-hook\n");
  return bench;
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => undefined,
    (error: unknown) => (isCiloError(error) ? error.code : String(error)),
  );
}

test("a hook of a repository does not run unasked, and nothing is made", async () => {
  await using bench = await withHook();
  const before = await bench.filesOfHome();
  expect(await codeOf(bench.up("dev"))).toBe("CONSENT_REQUIRED");
  bench.answer = false;
  expect(await codeOf(bench.up("dev"))).toBe("CONSENT_REQUIRED");
  expect(await bench.filesOfHome()).toEqual(before);
  expect(bench.asked[0]).toEqual({ project: bench.source, command: "sh ./init.sh", files: ["./init.sh"] });
});

test("a hook runs in the workspace once the user allowed it, and is not asked about again", async () => {
  await using bench = await withHook();
  bench.answer = true;
  const { status } = await bench.up("dev");
  expect(await readFile(join(status.workspace, "made-by-hook"), "utf8")).toBe("dev shop\n");
  bench.answer = undefined;
  await bench.up("dev-2");
  expect(bench.asked).toHaveLength(1);
});

test("a hook whose script changed is asked about again", async () => {
  await using bench = await withHook();
  bench.answer = true;
  await bench.up("dev");
  await bench.write("init.sh", "echo something else\n");
  bench.answer = undefined;
  expect(await codeOf(bench.up("dev-2"))).toBe("CONSENT_REQUIRED");
});

test("what a hook made is nobody's work: destroy does not hold on to it", async () => {
  await using bench = await withHook();
  bench.answer = true;
  await bench.up("dev");
  expect(await bench.environments.changes("dev", bench.context())).toEqual([]);
  await bench.environments.destroy("dev", { keepWorkspace: false, force: false }, bench.context());
  expect(await bench.environments.list(bench.context())).toEqual([]);
});

test("a hook that fails says so and leaves nothing", async () => {
  await using bench = await withHook();
  bench.answer = true;
  await bench.write("init.sh", "echo out of luck >&2; exit 3\n");
  const error = await bench.up("dev").then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code: "HOOK_FAILED", message: expect.stringContaining("out of luck") });
  expect(await bench.environments.list(bench.context())).toEqual([]);
});
