import { type Stats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { isErrno } from "@cilo/base";
import { type RawPath, native, shown, under } from "./raw-path.ts";
import type { LeavesOut } from "./rules.ts";
import type { LeftOut } from "./workspace.ts";

export type Kind = "file" | "folder" | "link";

/** One thing of a tree, as lstat and readlink tell it. */
export interface Entry {
  readonly kind: Kind;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds with fractions: exact to a quarter of a microsecond, far finer than the clock of any filesystem. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Of a link, raw. */
  readonly target?: RawPath;
}

/** An entry with what only copying needs. */
export interface WalkedEntry extends Entry {
  readonly atimeMs: number;
  readonly uid: number;
  readonly gid: number;
  /** Device and inode where more than one name leads to the file. */
  readonly sharedInode?: string;
  /** Bytes that the filesystem really holds. */
  readonly allocated: number;
}

export interface Tree {
  /** Parents before children; without the root itself. */
  readonly entries: Map<RawPath, WalkedEntry>;
  /** Every `.git`, whatever it is; not descended into. */
  readonly gitLinks: RawPath[];
  /** Temporary files of a write of ours that was killed; not among the entries. */
  readonly rests: RawPath[];
  readonly leftOut: LeftOut[];
}

export interface WalkOptions {
  readonly leavesOut: LeavesOut;
  /** Absolute raw paths that do not belong to the tree, though they lie in it. */
  readonly exclude: ReadonlySet<RawPath>;
  /** What to do with `.git`: list it apart from the tree, or take it as any other name. */
  readonly git: "apart" | "within";
  readonly signal: AbortSignal;
}

/**
 * Everything below `root` that the rules let through. Nothing is followed, opened or changed. What vanishes meanwhile
 * is not there; folders that cannot be read, fifos, sockets and devices are in `leftOut`.
 */
export function walkTree(root: RawPath, options: WalkOptions): Tree {
  const tree: Tree = { entries: new Map(), gitLinks: [], rests: [], leftOut: [] };
  const pending: RawPath[] = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    options.signal.throwIfAborted();
    for (const name of namesIn(root, folder, tree)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (name === ".git" && options.git === "apart") noteGit(path, { tree, options });
      else if (TEMPORARY.test(name)) tree.rests.push(path);
      else if (visit(root, path, { tree, options })) pending.push(path);
    }
  }
  return tree;
}

const TEMPORARY = /^\.cilo-[0-9a-f]{12}\.tmp$/;

/** A name for a file that is being written; one that is left behind is known by it. */
export function temporaryName(): string {
  return `.cilo-${randomBytes(6).toString("hex")}.tmp`;
}

function noteGit(path: RawPath, walk: { tree: Tree; options: WalkOptions }): void {
  if (!walk.options.leavesOut(path, "folder")) walk.tree.gitLinks.push(path);
}

function namesIn(root: RawPath, folder: RawPath, tree: Tree): readonly RawPath[] {
  try {
    return readdirSync(native(under(root, folder)), { encoding: "latin1" });
  } catch (error) {
    if (folder === "" || !isErrno(error, "EACCES", "EPERM", "ENOENT", "ENOTDIR")) throw error;
    if (!isErrno(error, "ENOENT", "ENOTDIR")) {
      tree.leftOut.push({ path: shown(folder), reason: "the folder cannot be read" });
    }
    return [];
  }
}

/** Of Linux, 4096 with the final NUL, and a margin for what a copy's own path is longer by. */
const LONGEST_PATH = 3840;

/** Notes the entry; true for a folder to descend into. */
function visit(root: RawPath, path: RawPath, walk: { tree: Tree; options: WalkOptions }): boolean {
  const full = under(root, path);
  if (full.length > LONGEST_PATH) {
    walk.tree.leftOut.push({ path: shown(path), reason: "the path is too long" });
    return false;
  }
  const stats = lstatSync(native(full), { throwIfNoEntry: false });
  if (stats === undefined || walk.options.exclude.has(full)) return false;
  const kind = kindOf(stats);
  if (walk.options.leavesOut(path, kind === "folder" ? "folder" : "other")) return false;
  if (kind === undefined) {
    walk.tree.leftOut.push({ path: shown(path), reason: `${specialName(stats)} cannot be copied` });
    return false;
  }
  const entry = entryOf(full, stats, kind);
  if (entry !== undefined) walk.tree.entries.set(path, entry);
  return kind === "folder";
}

/** The entry at an absolute raw path, or `undefined` when there is none that can be copied. */
export function entryAt(full: RawPath): WalkedEntry | undefined {
  const stats = lstatSync(native(full), { throwIfNoEntry: false });
  const kind = stats === undefined ? undefined : kindOf(stats);
  return stats === undefined || kind === undefined ? undefined : entryOf(full, stats, kind);
}

const TYPE_MASK = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

function kindOf(stats: Stats): Kind | undefined {
  const type = stats.mode & TYPE_MASK;
  if (type === FILE) return "file";
  if (type === FOLDER) return "folder";
  return type === LINK ? "link" : undefined;
}

function specialName(stats: Stats): string {
  if (stats.isSocket()) return "a socket";
  return stats.isFIFO() ? "a named pipe" : "a device";
}

function entryOf(full: RawPath, stats: Stats, kind: Kind): WalkedEntry | undefined {
  const target = kind === "link" ? targetOf(full) : undefined;
  if (kind === "link" && target === undefined) return undefined;
  return {
    kind,
    mode: stats.mode & 0o7777,
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    atimeMs: stats.atimeMs,
    uid: stats.uid,
    gid: stats.gid,
    allocated: stats.blocks * 512,
    ...(target === undefined ? {} : { target }),
    ...(kind === "file" && stats.nlink > 1 ? { sharedInode: inodeOf(full) } : {}),
  };
}

/** Exact, which a number is not on every filesystem. */
function inodeOf(full: RawPath): string {
  const stats = lstatSync(native(full), { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.dev}:${stats.ino}`;
}

function targetOf(full: RawPath): RawPath | undefined {
  try {
    return readlinkSync(native(full), { encoding: "latin1" });
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

/** Clock ticks of filesystems are at most this long: what changed that shortly before it was read may change again unseen. */
const TICK_MS = 20;

/** The entry as it may be recorded when it was read after `startedMs`: a doubtful one with a time that is never met again, so that the next comparison reads the content. */
export function certain<E extends Entry>(entry: E, startedMs: number): E {
  return entry.ctimeMs < startedMs - TICK_MS ? entry : { ...entry, ctimeMs: 0 };
}
