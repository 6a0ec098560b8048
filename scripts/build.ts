/**
 * `npm run build`: bundles the command into packages/cli/dist and warms its compile cache, and agent and
 * server into their dist folders, one file each. Does nothing where no input has changed. docs/adr/0050-command-bundle.md says why the
 * command is made this way.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@cilo/base";
import { bundleCommand } from "./bundle-command.ts";
import { bundleDaemon } from "./bundle-daemon.ts";

const root = join(import.meta.dirname, "..");

interface Program {
  /** Relative to the checkout. */
  readonly dist: string;
  readonly bundle: (source: string, target: string) => Promise<string[]>;
  readonly warm?: (dist: string) => Promise<void>;
}

const programs: readonly Program[] = [
  { dist: "packages/cli/dist", bundle: bundleWithHelper, warm },
  { dist: "packages/agent/dist", bundle: bundleDaemon },
  { dist: "packages/server/dist", bundle: bundleDaemon },
];

for (const program of programs) {
  const started = performance.now();
  const dist = join(root, program.dist);
  if (await isUpToDate(dist)) {
    console.log(`${program.dist} is up to date`);
  } else {
    await build(dist, program);
    console.log(`${program.dist} built in ${Math.round(performance.now() - started)} ms`);
  }
}

/** Into a new folder that takes the old one's place, so that a program that is started meanwhile finds one whole bundle. */
async function build(dist: string, program: Program): Promise<void> {
  const next = `${dist}.next`;
  const modules = await program.bundle(join(dist, "..", "src"), next);
  await writeFile(join(next, "package.json"), '{"type":"module"}\n');
  const inputs = [
    ...modules,
    ...["build.ts", "bundle-command.ts", "bundle-daemon.ts", "bundle-builtins.ts"].map((script) =>
      join(root, "scripts", script),
    ),
  ].sort();
  await writeFile(join(next, "inputs.json"), JSON.stringify({ inputs, hash: await hashOf(inputs) }));
  await replace(dist, next);
  await program.warm?.(dist);
}

/** With the helper's sources, which `cilo init` compiles where it installs them. */
async function bundleWithHelper(source: string, target: string): Promise<string[]> {
  const modules = await bundleCommand(source, target);
  const from = join(root, "helper");
  const files = (await readdir(from)).filter((name) => /\.[ch]$/u.test(name));
  await mkdir(join(target, "helper"), { recursive: true });
  await Promise.all(files.map((name) => copyFile(join(from, name), join(target, "helper", name))));
  return [...modules, ...files.map((name) => join(from, name))];
}

async function replace(dist: string, next: string): Promise<void> {
  const old = `${dist}.old`;
  await rm(old, { recursive: true, force: true });
  if (existsSync(dist)) await rename(dist, old);
  await rename(next, dist);
  await rm(old, { recursive: true, force: true });
}

/** Compiles the code of the common commands, so that the first user's start is as quick as the second's. */
async function warm(dist: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const env = { PATH: process.env["PATH"], CILO_HOME: `${dist}.home` };
  try {
    for (const args of [
      ["list"],
      ["spec", "--from", join(root, "examples/shop")],
      ["up", "x", "--from", "/nonexistent"],
    ])
      await run(process.execPath, [join(dist, "main.js"), ...args], { signal, env, expect: [0, 1, 2, 3, 4, 5] });
  } finally {
    await rm(`${dist}.home`, { recursive: true, force: true });
  }
}

async function isUpToDate(dist: string): Promise<boolean> {
  try {
    const stamp: unknown = JSON.parse(await readFile(join(dist, "inputs.json"), "utf8"));
    return isStamp(stamp) && (await hashOf(stamp.inputs)) === stamp.hash;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return false;
    throw error;
  }
}

interface Stamp {
  /** Absolute paths. */
  readonly inputs: readonly string[];
  readonly hash: string;
}

function isStamp(value: unknown): value is Stamp {
  return (
    typeof value === "object" && value !== null && "inputs" in value && Array.isArray(value.inputs) && "hash" in value
  );
}

async function hashOf(inputs: readonly string[]): Promise<string> {
  const states = await Promise.all(
    inputs.map(async (path) => {
      const { mtimeMs, size } = await stat(path);
      return `${path} ${mtimeMs} ${size}`;
    }),
  );
  return createHash("sha256").update(states.join("\n")).digest("hex");
}
