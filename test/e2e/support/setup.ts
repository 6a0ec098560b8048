import { execFileSync } from "node:child_process";
import { ensureImages } from "../../../scripts/setup/images.ts";
import { describeMachine } from "../../../scripts/setup/machine.ts";

/** Before the first end-to-end test: the command is built from the sources as they are, and busybox is there. */
export default async function setup(): Promise<void> {
  execFileSync(process.execPath, ["scripts/build.ts"], { stdio: ["ignore", "ignore", "inherit"] });
  const machine = await describeMachine(AbortSignal.timeout(120_000));
  await ensureImages(machine, ["busybox:latest"]);
}
