import { chmodSync, closeSync, constants, lchmodSync, lstatSync, openSync } from "node:fs";
import { isErrno } from "@cilo/base";
import { type RawPath, native } from "./raw-path.ts";

/**
 * A folder below a root, reached without following a link on the way, and kept in hand: what is named through it stays
 * in it whatever becomes of its parents meanwhile. Linux: an open descriptor, named by /proc/self/fd, which is openat(2)
 * in Node's reach. Elsewhere: the path, checked component by component just before.
 */
export interface HeldFolder extends Disposable {
  /** Absolute raw path of something in the folder; its last component is not checked. */
  at(name: RawPath): RawPath;
  /** Absolute raw path of the folder itself. */
  readonly self: RawPath;
}

/** Holds `folder` (relative, `""` is the root), or answers `undefined` where it is not there or a link is on the way. */
export function holdFolder(root: RawPath, folder: RawPath): HeldFolder | undefined {
  const components = folder === "" ? [] : folder.split("/");
  if (components.some((part) => part === "" || part === "." || part === "..")) return undefined;
  return process.platform === "linux" ? holdByDescriptor(root, components) : holdByPath(root, components);
}

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

function holdByDescriptor(root: RawPath, components: readonly RawPath[]): HeldFolder | undefined {
  let held = openSync(native(root), constants.O_RDONLY | constants.O_DIRECTORY);
  for (const component of components) {
    const next = openBelow(held, component);
    closeSync(held);
    if (next === undefined) return undefined;
    held = next;
  }
  const self = `/proc/self/fd/${held}`;
  return { self, at: (name) => `${self}/${name}`, [Symbol.dispose]: () => closeSync(held) };
}

function openBelow(parent: number, component: RawPath): number | undefined {
  try {
    return openSync(native(`/proc/self/fd/${parent}/${component}`), OPEN_FOLDER);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    closeSync(parent);
    throw error;
  }
}

function holdByPath(root: RawPath, components: readonly RawPath[]): HeldFolder | undefined {
  let path = root;
  for (const component of components) {
    path = `${path}/${component}`;
    if (lstatSync(native(path), { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  }
  return { self: path, at: (name) => `${path}/${name}`, [Symbol.dispose]: () => undefined };
}

/** Linux' O_PATH: a handle on a folder that may not be read. Node passes it on but has no name for it. */
const O_PATH = 0o10000000;

/** chmod of a folder that never follows a link, and works on one that cannot be read. */
export function changeFolderMode(path: RawPath, mode: number): void {
  if (process.platform !== "linux") return lchmodSync(native(path), mode);
  const folder = openSync(native(path), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    chmodSync(`/proc/self/fd/${folder}`, mode);
  } finally {
    closeSync(folder);
  }
}
