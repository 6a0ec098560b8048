import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { lock } from "@cilo/base";
import { ensureImages } from "../../../scripts/setup/images.ts";
import { describeMachine } from "../../../scripts/setup/machine.ts";

/** Before the first end-to-end test: the command is built from the sources as they are, and busybox is there. */
export default async function setup(): Promise<void> {
  const signal = AbortSignal.timeout(120_000);
  await buildOnce(signal);
  const machine = await describeMachine(signal);
  await ensureImages(machine, ["busybox:latest"]);
}

/** Several runs of the tests may start at once; the build is for one at a time. */
async function buildOnce(signal: AbortSignal): Promise<void> {
  await using _ = await lock(resolve(".cache/locks/build"), { signal });
  execFileSync(process.execPath, ["scripts/build.ts"], { stdio: ["ignore", "ignore", "inherit"] });
}
