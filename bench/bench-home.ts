import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunResult, run } from "@cilo/base";
import { ciloProgram } from "../test/e2e/support/cilo.ts";
import { stopDnsmasq } from "../test/e2e/support/dnsmasq.ts";
import { removeEverything } from "../test/e2e/support/engine.ts";
import { writeFiles, type Files } from "../test/e2e/support/files.ts";
import { writeMachineSettings } from "../test/e2e/support/settings.ts";
import { takeSlot } from "../test/e2e/support/slot.ts";

/** A home of a benchmark's own, with an address range and a DNS port nobody else has; removed with all in it when disposed. */
export interface BenchHome extends AsyncDisposable {
  readonly folder: string;
  readonly dnsPort: number;
  /** Writes a project into the folder. */
  project(name: string, files: Files): Promise<string>;
  /** Runs the built command; fails unless it ends with 0. */
  cilo(...args: string[]): Promise<RunResult>;
  /** Runs the engine's program in a folder, as by hand. */
  docker(cwd: string, ...args: string[]): Promise<RunResult>;
}

export async function benchHome(signal: AbortSignal): Promise<BenchHome> {
  const slot = await takeSlot(signal);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cilo-bench-")));
  const home = join(folder, "home");
  await writeMachineSettings(home, slot);
  const env = { ...process.env, CILO_HOME: home, NO_COLOR: "1" };
  return {
    folder,
    dnsPort: slot.dnsPort,
    project: async (name, files) => await writeFiles(join(folder, name), files),
    cilo: async (...args) => await run(ciloProgram, args, { signal, env, cwd: folder }),
    docker: async (cwd, ...args) => await run("docker", args, { signal, env: process.env, cwd }),
    [Symbol.asyncDispose]: async () => {
      await stopDnsmasq(home);
      const id = await readFile(join(home, "id"), "utf8").catch(() => "");
      if (id.trim() !== "") await removeEverything(id.trim());
      await rm(folder, { recursive: true, force: true });
      await slot[Symbol.asyncDispose]();
    },
  };
}
