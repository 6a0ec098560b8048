import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { hasProgram, isThere } from "../../../scripts/setup/machine.ts";
import { podmanEnv } from "../../../scripts/setup/podman.ts";

/**
 * Before the first test that may use Podman: its API, with settings of the tests' own, at a socket that `CONTAINER_HOST`
 * names. Ended after the last one.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if (!(await hasProgram("podman")))
    throw new Error("Podman is not installed: npm test installs it, or apt-get install podman netavark aardvark-dns");
  const folder = await mkdtemp(join(tmpdir(), "cilo-podman-"));
  const socket = join(folder, "podman.sock");
  const env = { ...process.env, ...podmanEnv };
  const service = spawn("podman", ["system", "service", "--time=0", `unix://${socket}`], { stdio: "ignore", env });
  const ended = new Promise<void>((resolve) => service.once("exit", () => resolve()));
  await poll(() => isThere(socket), {
    signal: AbortSignal.timeout(30_000),
    timeoutMs: 30_000,
    what: "Podman's socket",
  });
  process.env["CONTAINER_HOST"] = `unix://${socket}`;
  return async () => {
    service.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}
