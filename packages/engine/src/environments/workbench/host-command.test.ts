import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isCiloError } from "@cilo/base";
import { expect, test } from "vitest";
import type { WorkbenchCommand } from "../../spec/workbench.ts";
import { composeParser } from "../../parsers/compose/index.ts";
import { type Bench, createBench } from "../testing.ts";

const SHOP = `
services:
  web: { image: nginx, healthcheck: { test: [CMD, "true"] }, env_file: made.env }
`;

/** A project with a command for the host, without which it names a file that is not there. */
async function asking(command: WorkbenchCommand): Promise<Bench> {
  return await createBench(SHOP, { parser: { ...composeParser, hostCommand: () => command } });
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => undefined,
    (error: unknown) => (isCiloError(error) ? error.code : String(error)),
  );
}

test("a command for the host is not run unasked, and nothing is made", async () => {
  await using bench = await asking(["sh", "-c", "touch made.env"]);
  const before = await bench.filesOfHome();
  expect(await codeOf(bench.up("dev"))).toBe("CONSENT_REQUIRED");
  expect(await bench.filesOfHome()).toEqual(before);
  expect(bench.asked[0]).toMatchObject({ project: bench.source, command: "sh -c 'touch made.env'" });
});

test("it runs in the environment's copy when that is made, once it was allowed, and may make files the project names", async () => {
  await using bench = await asking({ a: "echo A=1 > made.env", b: ["sh", "-c", "echo $CILO_ENV >> ran"] });
  bench.answer = true;
  const { status } = await bench.up("dev");
  bench.answer = undefined;
  await bench.up("dev");
  expect(await readFile(join(status.workspace, "ran"), "utf8")).toBe("dev\n");
  expect(existsSync(join(bench.source, "made.env"))).toBe(false);
  expect(bench.asked.length).toBe(1);
  expect(await bench.environments.changes("dev", bench.context())).toEqual([]);
});

test("one that fails says so, and nothing is left of the environment", async () => {
  await using bench = await asking("echo why >&2; exit 3");
  bench.answer = true;
  const error: unknown = await bench.up("dev").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "HOOK_FAILED", message: expect.stringContaining("why") });
  expect((await bench.filesOfHome()).filter((path) => path.startsWith("envs/"))).toEqual([]);
});
