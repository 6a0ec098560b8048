import { cp, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { posix } from "node:path";
import { BaseCode, CiloError, isCiloError, isErrno, readFileIfThere, run } from "@cilo/base";
import { parse } from "jsonc-parser";
import { EngineCode } from "../../errors.ts";
import type { WorkbenchImage } from "../../spec/workbench.ts";
import { isInside } from "../source.ts";
import type { Image, ImageEngine } from "./images.ts";

export interface FeatureBuild {
  readonly base: Image;
  readonly wanted: WorkbenchImage;
  /** The folder that `./…` starts from, in the workspace. */
  readonly folder: string;
  /** As whom the container is entered and runs; Features prepare for them. */
  readonly users: { readonly remoteUser?: string; readonly containerUser?: string };
  /** The image's name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A folder of ours to work in; made anew and taken away. */
  readonly scratch: string;
}

/**
 * Builds Features into an image with the reference tool, from a configuration of our own that has nothing else in it:
 * what else a devcontainer says is not the image's. Nothing is written beside the project's own.
 *
 * @throws CiloError `BUILD_FAILED`
 */
export async function buildFeatures(build: FeatureBuild, engine: ImageEngine): Promise<void> {
  await rm(build.scratch, { recursive: true, force: true });
  try {
    await writeConfiguration(build);
    await runTool(build, engine);
  } finally {
    await rm(build.scratch, { recursive: true, force: true });
  }
}

async function writeConfiguration({ base, wanted, folder, users, scratch }: FeatureBuild): Promise<void> {
  const place = posix.join(scratch, ".devcontainer");
  await mkdir(place, { recursive: true });
  for (const id of await localFeatures(Object.keys(wanted.features), folder))
    await cp(posix.join(folder, id), posix.join(place, id), {
      recursive: true,
      verbatimSymlinks: true,
      filter: async (path) => await staysIn(folder, path),
    });
  const order = wanted.featureOrder.length === 0 ? {} : { overrideFeatureInstallOrder: wanted.featureOrder };
  const configuration = { image: base.reference, features: wanted.features, ...order, ...users };
  await writeFile(posix.join(place, "devcontainer.json"), JSON.stringify(configuration), { mode: 0o600 });
}

/** What a link leads out of the folder to is no part of a Feature. */
async function staysIn(folder: string, path: string): Promise<boolean> {
  try {
    return isInside(await realpath(folder), await realpath(path));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP", "EACCES")) return false;
    throw error;
  }
}

/** Local Features with those that they depend on. The parser has seen that they lie below the folder. */
async function localFeatures(ids: readonly string[], folder: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const queue = ids.filter((id) => id.startsWith("./"));
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const name = posix.normalize(id);
    if (found.has(name) || name.startsWith("..")) continue;
    found.add(name);
    const text = (await readFileIfThere(posix.join(folder, name, "devcontainer-feature.json"))) ?? "{}";
    queue.push(...dependenciesOf(parse(text)).filter((other) => other.startsWith("./")));
  }
  return found;
}

function dependenciesOf(feature: unknown): string[] {
  if (typeof feature !== "object" || feature === null || !("dependsOn" in feature)) return [];
  const { dependsOn } = feature;
  return typeof dependsOn === "object" && dependsOn !== null ? Object.keys(dependsOn) : [];
}

async function runTool({ name, labels, scratch }: FeatureBuild, engine: ImageEngine): Promise<void> {
  const { program, signal, onLine } = engine;
  const [file, ...first] = toolCommand();
  const args = [
    ...first,
    "build",
    `--workspace-folder=${scratch}`,
    `--image-name=${name}`,
    `--docker-path=${program.file}`,
    `--user-data-folder=${posix.join(scratch, "data")}`,
    "--no-lockfile",
    ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
  ];
  const lines: string[] = [];
  const follow = (line: string): void => {
    if (lines.push(line) > 400) lines.shift();
    onLine(line);
  };
  try {
    await run(file, args, { env: program.env, signal, onLine: follow });
  } catch (cause) {
    if (isCiloError(cause, BaseCode.commandNotFound)) throw noTool(cause);
    if (!isCiloError(cause, BaseCode.commandFailed)) throw cause;
    throw new CiloError(EngineCode.buildFailed, `the Features could not be built: ${reasonIn(lines)}`, {
      cause,
      hint: "Features from a registry need the network; those of the project lie in .devcontainer",
    });
  }
}

/** The tool's own reason stands in its last line, as JSON; that of a failed install script in the lines before. */
function reasonIn(lines: readonly string[]): string {
  const failed = lines.findLast((line) => /ERROR|error:|returned a non-zero code|failed to solve/u.test(line));
  const said = lines.flatMap((line) => {
    const [, message] = /"(?:description|message)":"((?:[^"\\]|\\.)*)"/u.exec(line) ?? [];
    return message === undefined ? [] : [message];
  });
  return (
    said.find((message) => !message.startsWith("Command failed")) ?? failed ?? said[0] ?? lines.at(-1) ?? "no reason"
  );
}

/** The package that comes with Cilo, run on this Node; where Cilo is a single file, the program on the PATH. */
function toolCommand(): readonly [file: string, ...args: string[]] {
  try {
    return [process.execPath, createRequire(import.meta.url).resolve("@devcontainers/cli/devcontainer.js")];
  } catch {
    return ["devcontainer"];
  }
}

function noTool(cause: unknown): CiloError {
  return new CiloError(EngineCode.buildFailed, "Features are built by @devcontainers/cli, which is not here", {
    cause,
    hint: "Install it: npm install --global @devcontainers/cli",
  });
}
