import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { CiloError, run } from "@cilo/base";
import * as z from "zod";
import { version } from "../version.ts";
import type { AgentBundle } from "./provider.ts";

interface BundleOptions {
  /** The server's home: the archive is made once per build, in `agent/` below it. */
  readonly home: string;
  readonly path: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The agent as it is sent to machines: its bundle and the Node that this server runs on, so for machines of the same
 * architecture. Made when it is first asked for.
 * @throws CiloError `AGENT_MISSING` when the agent is not built
 */
export function createAgentBundle(options: BundleOptions): () => Promise<AgentBundle> {
  let made: Promise<AgentBundle> | undefined;
  return async () => {
    // A failure is not kept: the next machine tries again.
    made ??= pack(options).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return await made;
  };
}

async function pack(options: BundleOptions): Promise<AgentBundle> {
  const dist = agentFolder();
  const build = createHash("sha256")
    .update(await readFile(join(dist, "main.js")))
    .update(process.version)
    .digest("hex")
    .slice(0, 12);
  const folder = join(options.home, "agent");
  const archive = join(folder, `cilo-agent-${version}-${build}.tar.gz`);
  if (!existsSync(archive)) await write(options, { dist, folder, archive });
  return { version: `${version}-${build}`, archive, sha256: await sha256Of(archive) };
}

async function write(
  { path, signal }: BundleOptions,
  { dist, folder, archive }: { dist: string; folder: string; archive: string },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, "staging-"));
  try {
    await mkdir(join(staging, "bin"));
    await copyFile(process.execPath, join(staging, "bin/node"));
    for (const file of ["main.js", "package.json"]) await copyFile(join(dist, file), join(staging, file));
    await run(
      "tar",
      ["-czf", `${staging}.tar.gz`, "-C", staging, "--owner=0", "--group=0", "bin", "main.js", "package.json"],
      {
        signal,
        env: { PATH: path },
      },
    );
    await rename(`${staging}.tar.gz`, archive);
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(`${staging}.tar.gz`, { force: true });
  }
}

/** Beside this package, as in a checkout: seen from the bundle and from the sources. */
function agentFolder(): string {
  const found = ["../../agent/dist", "../../../agent/dist"]
    .map((path) => resolve(import.meta.dirname, path))
    .find((path) => existsSync(join(path, "main.js")));
  if (found !== undefined) return found;
  throw new CiloError("AGENT_MISSING", "the agent that is to be installed on machines is not built", {
    hint: "Run: npm run build",
  });
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return z.string().parse(hash.digest("hex"));
}
