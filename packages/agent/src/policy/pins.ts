import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
  readdirSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { CiloError, isErrno, run } from "@cilo/base";
import type { ComposeDocument, IsolatedSpec } from "@cilo/engine";
import { AgentCode } from "../errors.ts";

/**
 * Engine and Compose are root and follow links when they get to a path, which is later than it was looked at, and again
 * whenever a container starts: a container that may write to the workspace could have put a link there by then. So they
 * get no path of the workspace, but a mount of what was looked at, in a folder that only the agent writes to.
 */
export interface Pins {
  /** The environment with every path of its workspace replaced by a mount of what is there now. */
  hold(isolated: IsolatedSpec, workspace: string, signal: AbortSignal): Promise<IsolatedSpec>;
  /** Takes all mounts away. */
  release(signal: AbortSignal): Promise<void>;
}

/** Linux' O_PATH: a handle on what is there, without reading it. */
const O_PATH = 0o10000000;

/** `folder` is the environment's own. */
export function createPins(folder: string, env: Readonly<Record<string, string | undefined>>): Pins {
  const mountOf = async (path: string, workspace: string, signal: AbortSignal): Promise<string> => {
    const held = openInside(path, workspace);
    try {
      const target = join(folder, createHash("sha256").update(path).digest("hex").slice(0, 16));
      const status = fstatSync(held);
      const there = statSync(target, { throwIfNoEntry: false });
      if (there?.ino === status.ino && there.dev === status.dev) return target;
      if (there !== undefined) await unmount(target, signal);
      makeTarget(target, status.isDirectory());
      // Without --no-canonicalize it would look the path up again.
      const from = `/proc/${process.pid}/fd/${held}`;
      await run("mount", ["--no-canonicalize", "--bind", "--", from, target], { env, signal });
      return target;
    } finally {
      closeSync(held);
    }
  };
  const unmount = async (target: string, signal: AbortSignal): Promise<void> => {
    await run("umount", ["--lazy", "--", target], { env, signal, expect: [0, 1, 32] });
    removeTarget(target);
  };
  return {
    async hold(isolated, workspace, signal) {
      const paths = workspacePaths(isolated.document, workspace);
      const places = new Map<string, string>();
      for (const path of paths) places.set(path, await mountOf(path, workspace, signal));
      return { ...isolated, document: replacePaths(isolated.document, places) };
    },
    async release(signal) {
      const targets = entriesOf(folder);
      for (const target of targets) await unmount(join(folder, target), signal);
      removeTarget(folder);
    },
  };
}

/**
 * A handle on what the path leads to. Where nothing is, a folder is made, as an engine would.
 * @throws CiloError `PATH_ESCAPES` when it is outside of the workspace
 */
function openInside(path: string, workspace: string): number {
  const held = openOrMake(path, workspace, 0);
  const real = readlinkSync(`/proc/self/fd/${held}`);
  const root = openSync(workspace, O_PATH | constants.O_DIRECTORY);
  const realRoot = readlinkSync(`/proc/self/fd/${root}`);
  closeSync(root);
  if (`${real}/`.startsWith(`${realRoot}/`)) return held;
  closeSync(held);
  throw new CiloError(AgentCode.pathEscapes, `${path} leads out of the workspace, to ${real}`, {
    hint: "Links must stay in the project's folder",
  });
}

function openOrMake(path: string, workspace: string, depth: number): number {
  try {
    return openSync(path, O_PATH);
  } catch (error) {
    if (!isErrno(error, "ENOENT") || depth > 64 || path === workspace) throw error;
  }
  const parent = openOrMakeInside(dirname(path), workspace, depth);
  try {
    mkdirSync(`/proc/self/fd/${parent}/${basename(path)}`, { mode: 0o755 });
  } catch (error) {
    // A link that leads nowhere has the name.
    if (!isErrno(error, "EEXIST")) throw error;
    throw new CiloError(AgentCode.pathEscapes, `${path} is a link that leads nowhere`, { cause: error });
  } finally {
    closeSync(parent);
  }
  return openSync(path, O_PATH);
}

function openOrMakeInside(path: string, workspace: string, depth: number): number {
  const made = openOrMake(path, workspace, depth + 1);
  closeSync(made);
  return openInside(path, workspace);
}

function makeTarget(target: string, isFolder: boolean): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o711 });
  if (isFolder) mkdirSync(target, { mode: 0o700 });
  else writeFileSync(target, "", { flag: "wx", mode: 0o600 });
}

/** Never what is below: that would be the workspace's own, were it still mounted. */
function removeTarget(target: string): void {
  try {
    if (statSync(target).isDirectory()) rmdirSync(target);
    else unlinkSync(target);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** The paths of the document that the engine or Compose will open. */
function workspacePaths(document: ComposeDocument, workspace: string): Set<string> {
  const found = new Set<string>();
  mapPaths(document, (path) => {
    if (`${path}/`.startsWith(`${workspace}/`)) found.add(path);
    return path;
  });
  return found;
}

function replacePaths(document: ComposeDocument, places: ReadonlyMap<string, string>): ComposeDocument {
  return mapPaths(document, (path) => places.get(path) ?? path);
}

type Services = ComposeDocument["services"];

function mapPaths(document: ComposeDocument, place: (path: string) => string): ComposeDocument {
  return {
    ...document,
    services: mapValues(document.services, (service) => mapService(service, place)),
    ...(document.configs === undefined ? {} : { configs: mapFiles(document.configs, place) }),
    ...(document.secrets === undefined ? {} : { secrets: mapFiles(document.secrets, place) }),
  };
}

function mapService(service: Services[string], place: (path: string) => string): Services[string] {
  const { build, volumes } = service;
  return {
    ...service,
    ...(volumes === undefined
      ? {}
      : {
          volumes: volumes.map((volume) =>
            volume.type === "bind" && volume.source !== undefined
              ? { ...volume, source: place(volume.source) }
              : volume,
          ),
        }),
    ...(build === undefined ? {} : { build: mapBuild(build, place) }),
  };
}

function mapBuild(
  build: NonNullable<Services[string]["build"]>,
  place: (path: string) => string,
): NonNullable<Services[string]["build"]> {
  const { context, additional_contexts: more, dockerfile } = build;
  return {
    ...build,
    ...(context === undefined ? {} : { context: place(context) }),
    ...(dockerfile?.startsWith("/") === true ? { dockerfile: place(dockerfile) } : {}),
    ...(more === undefined ? {} : { additional_contexts: mapValues(more, place) }),
  };
}

function mapFiles<File extends { readonly file?: string | undefined }>(
  files: Readonly<Record<string, File>>,
  place: (path: string) => string,
): Record<string, File> {
  return mapValues(files, (file) => (file.file === undefined ? file : { ...file, file: place(file.file) }));
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
