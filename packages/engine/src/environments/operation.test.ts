import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { expect, test } from "vitest";
import type { ProgressEvent } from "./environments.ts";
import { operationMarkerPath } from "./home.ts";
import { openHome } from "./home-id.ts";
import { beginOperation } from "./operation.ts";

async function temporaryHome() {
  const root = await mkdtemp(join(tmpdir(), "cilo-operation-"));
  const home = await openHome(root);
  return { home, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

const context = (events: ProgressEvent[] = []) => ({
  signal: new AbortController().signal,
  onEvent: (event: ProgressEvent) => void events.push(event),
});

test("a second command on the same environment says that it waits, and goes on when the first has ended", async () => {
  await using place = await temporaryHome();
  const events: ProgressEvent[] = [];
  const first = await beginOperation(place.home, "dev", context());
  const second = beginOperation(place.home, "dev", context(events));
  await poll(() => events.length > 0, { signal: context().signal, timeoutMs: 5000, what: "the second to wait" });
  expect(events).toEqual([{ kind: "waiting", what: "another cilo command on dev" }]);
  await first[Symbol.asyncDispose]();
  await using after = await second;
  expect(after.afterCrash).toBe(false);
});

test("commands on different environments do not wait for each other", async () => {
  await using place = await temporaryHome();
  const events: ProgressEvent[] = [];
  await using one = await beginOperation(place.home, "one", context(events));
  await using two = await beginOperation(place.home, "two", context(events));
  expect([one.afterCrash, two.afterCrash]).toEqual([false, false]);
  expect(events).toEqual([]);
});

test("a child that outlived a killed command is ended before the next command begins, and nobody else's", async () => {
  await using place = await temporaryHome();
  const start = (operation: string) =>
    spawn("sleep", ["600"], { env: { PATH: process.env["PATH"], CILO_OPERATION: operation }, stdio: "ignore" });
  const orphan = start(`${place.home.id}/dev`);
  const other = start(`${place.home.id}/dev-2`);
  const ended = new Promise((resolve) => orphan.once("exit", (_, signal) => resolve(signal)));
  try {
    await (await beginOperation(place.home, "dev", context()))[Symbol.asyncDispose]();
    expect(orphan.exitCode ?? orphan.signalCode).toBeNull();
    await writeFile(operationMarkerPath(place.home, "dev"), "4711\n");
    await using operation = await beginOperation(place.home, "dev", context());
    expect(operation.afterCrash).toBe(true);
    expect(await ended).toBe("SIGKILL");
    expect(other.signalCode).toBeNull();
  } finally {
    orphan.kill("SIGKILL");
    other.kill("SIGKILL");
  }
});

test("twenty processes that open a new home at once agree on its identifier", async () => {
  await using place = await temporaryHome();
  const root = join(place.home.root, "new");
  const homes = await Promise.all(Array.from({ length: 20 }, () => openHome(root)));
  expect(new Set(homes.map((home) => home.id)).size).toBe(1);
});
