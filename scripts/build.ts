/**
 * `npm run build`: bundles the command into packages/cli/dist (ESM, split so that each command loads its own code) and
 * warms its compile cache. Does nothing when no input has changed. docs/adr/0005-command-line.md says why this way.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { run } from "@cilo/base";
import { build } from "esbuild";
import { directImports } from "./direct-imports.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "packages/cli/dist");
const stampFile = join(dist, "inputs.json");

/** Some dependencies are CommonJS and require Node's own modules. */
const requireForCommonJs =
  'import { createRequire as ciloCreateRequire } from "node:module"; const require = ciloCreateRequire(import.meta.url);';

const started = performance.now();
if (await isUpToDate()) {
  console.log("packages/cli/dist is up to date");
} else {
  await bundle();
  console.log(`packages/cli/dist built in ${Math.round(performance.now() - started)} ms`);
}

/** Into a new folder that takes the old one's place, so that a `cilo` started meanwhile finds one whole bundle. */
async function bundle(): Promise<void> {
  const next = `${dist}.next`;
  await rm(next, { recursive: true, force: true });
  const result = await build({
    entryPoints: { main: join(root, "packages/cli/src/main.ts") },
    outdir: next,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    chunkNames: "[name]-[hash]",
    legalComments: "external",
    metafile: true,
    logLevel: "warning",
    plugins: [directImports(join(root, "packages"), ["base", "engine", "network"])],
    banner: { js: requireForCommonJs },
  });
  await writeFile(join(next, "package.json"), '{"type":"module"}\n');
  const inputs = [...Object.keys(result.metafile.inputs), "scripts/build.ts", "scripts/direct-imports.ts"].filter(
    (path) => !path.startsWith("<"),
  );
  await writeFile(join(next, "inputs.json"), JSON.stringify({ inputs, hash: await hashOf(inputs) }));
  await replace(next);
  await warm();
}

async function replace(next: string): Promise<void> {
  const old = `${dist}.old`;
  await rm(old, { recursive: true, force: true });
  if (existsSync(dist)) await rename(dist, old);
  await rename(next, dist);
  await rm(old, { recursive: true, force: true });
}

/** Compiles the code of the common commands, so that the first user's start is as quick as the second's. */
async function warm(): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for (const args of [["version"], ["spec", "--from", root]])
    await run(process.execPath, [join(dist, "main.js"), ...args], {
      signal,
      env: { HOME: "/nonexistent" },
      expect: [0, 1, 2, 3, 4, 5],
    });
}

async function isUpToDate(): Promise<boolean> {
  try {
    const { inputs, hash }: { inputs: string[]; hash: string } = JSON.parse(await readFile(stampFile, "utf8"));
    return (await hashOf(inputs)) === hash;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return false;
    throw error;
  }
}

async function hashOf(inputs: readonly string[]): Promise<string> {
  const states = await Promise.all(
    inputs.map(async (path) => {
      const { mtimeMs, size } = await stat(join(root, path));
      return `${relative(root, join(root, path))} ${mtimeMs} ${size}`;
    }),
  );
  return createHash("sha256").update(states.sort().join("\n")).digest("hex");
}
