import { existsSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { isErrno } from "@cilo/base";
import { type RawPath, shown, toRaw, under } from "./raw-path.ts";
import { type WalkedEntry, entryAt, walkTree } from "./walk.ts";

/** Something to copy: where it is, and its place in the copy. */
export interface CopyItem {
  /** Absolute. */
  readonly from: RawPath;
  /** Relative to the copy. */
  readonly to: RawPath;
  readonly entry: WalkedEntry;
}

/** A repository of the copy, whose files need looking after once they are there. */
export interface GitFolder {
  /** In the source, absolute. */
  readonly source: string;
  /** Relative to the copy. */
  readonly copy: string;
  /** Made for a work tree that shared its repository with others: it was the checkout of a common folder, maybe of a bare one. */
  readonly isMadeOwn: boolean;
}

export interface GitPlan {
  readonly items: CopyItem[];
  readonly folders: GitFolder[];
  /** `.git` files to write: path in the copy → the git folder it names, relative to the copy. */
  readonly pointers: { readonly at: string; readonly folder: string }[];
}

/**
 * What to copy so that git works in the copy and never acts on the source: every `.git` folder without locks and
 * without linked work trees that lie elsewhere; for a `.git` that names a folder elsewhere (a linked work tree, a separate git
 * folder) a whole repository of its own. Objects are copied, not borrowed: the source's garbage collection cannot harm
 * the copy, and git works in a container that sees only the workspace.
 */
export function planGit(sourceRoot: string, gitLinks: readonly RawPath[], signal: AbortSignal): GitPlan {
  const plan: GitPlan = { items: [], folders: [], pointers: [] };
  // The top first: a submodule's git folder lies in its superproject's.
  for (const path of [...gitLinks].sort((a, b) => a.length - b.length)) planOne(sourceRoot, path, { plan, signal });
  return plan;
}

interface Planning {
  readonly plan: GitPlan;
  readonly signal: AbortSignal;
}

function planOne(sourceRoot: string, path: RawPath, planning: Planning): void {
  const at = shown(path);
  const absolute = join(sourceRoot, at);
  const entry = entryAt(under(toRaw(sourceRoot), path));
  if (entry === undefined) return;
  if (entry.kind === "folder") return copyFolder(under(toRaw(sourceRoot), path), path, { ...planning, sourceRoot });
  const target = gitFolderOf(absolute, entry);
  const place = target === undefined ? undefined : inCopy(target, sourceRoot, planning.plan);
  const known = planning.plan.items.some(({ to }) => shown(to) === `${place}/HEAD`) ? place : undefined;
  if (target === undefined) planning.plan.items.push({ from: toRaw(absolute), to: path, entry });
  else if (known === undefined) makeOwn(target, at, planning);
  else planning.plan.pointers.push({ at, folder: known });
}

/** The git folder that a `.git` file or link names, real; `undefined` when it names none. */
function gitFolderOf(path: string, entry: WalkedEntry): string | undefined {
  try {
    const named = entry.kind === "link" ? path : /^gitdir: (.+?)\s*$/u.exec(readFileSync(path, "utf8"))?.[1];
    if (named === undefined) return undefined;
    const folder = realpathSync(resolve(path, "..", named));
    return existsSync(join(folder, "HEAD")) ? folder : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return undefined;
    throw error;
  }
}

/** Where in the copy a git folder comes to lie, if it is copied as part of another one. */
function inCopy(folder: string, sourceRoot: string, plan: GitPlan): string | undefined {
  const deepestFirst = [...plan.folders].sort((a, b) => b.source.length - a.source.length);
  for (const known of deepestFirst) {
    const path = relative(known.source, folder);
    if (path !== "" && isBelow(path)) return join(known.copy, path);
  }
  const path = relative(sourceRoot, folder);
  return isBelow(path) ? path : undefined;
}

/** True for a relative path that stays below where it starts. */
export function isBelow(path: string): boolean {
  return path !== ".." && !path.startsWith("../") && !isAbsolute(path);
}

function copyFolder(source: RawPath, copy: RawPath, planning: Planning & { readonly sourceRoot: string }): void {
  const { plan, signal, sourceRoot } = planning;
  const isRepository = existsSync(join(shown(source), "HEAD"));
  const kept = isRepository ? linkedInside(shown(source), sourceRoot) : new Set<string>();
  const skip = (path: RawPath): boolean => isRepository && (isLock(path) || isForeignLink(path, kept));
  addAll(plan, { source, copy, signal, skip });
  if (isRepository) plan.folders.push({ source: shown(source), copy: shown(copy), isMadeOwn: false });
}

/** The linked work trees that lie in the source and so are copied with it, by their names in `worktrees/`. */
function linkedInside(gitFolder: string, sourceRoot: string): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const name of foldersIn(join(gitFolder, "worktrees"))) {
    const dotGit = linkedWorkTree(join(gitFolder, "worktrees", name));
    if (dotGit !== undefined && isBelow(relative(sourceRoot, dotGit))) kept.add(name);
  }
  return kept;
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  }
}

/** The real `.git` of the work tree that a folder in `worktrees/` is about, if it is there. */
function linkedWorkTree(folder: string): string | undefined {
  try {
    return realpathSync(resolve(folder, readFileSync(join(folder, "gitdir"), "utf8").trimEnd()));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return undefined;
    throw error;
  }
}

function isForeignLink(path: RawPath, kept: ReadonlySet<string>): boolean {
  const [top, name, ...deeper] = path.split("/");
  if (top !== "worktrees" || deeper.length > 0) return false;
  return name === undefined ? kept.size === 0 : !kept.has(shown(name));
}

/** Locks are of the git command that holds them. */
function isLock(path: RawPath): boolean {
  return path.endsWith(".lock");
}

/** What belongs to one work tree and not to the repository (gitrepository-layout): pseudo refs are all upper case. */
const PER_WORKTREE =
  /^(?:[A-Z_]+|index|sharedindex\..*|config\.worktree|modules|sequencer|rebase-(?:apply|merge)|worktrees|logs\/HEAD|info\/sparse-checkout|refs\/(?:bisect|worktree|rewritten))$/u;
const LINK_FILES: ReadonlySet<string> = new Set(["commondir", "gitdir", "locked"]);

function makeOwn(folder: string, copy: string, { plan, signal }: Planning): void {
  const common = commonFolder(folder);
  if (common !== folder) {
    addAll(plan, {
      source: toRaw(common),
      copy: toRaw(copy),
      signal,
      skip: (path) => PER_WORKTREE.test(path) || isLock(path),
    });
    plan.folders.push({ source: common, copy, isMadeOwn: true });
  }
  const skip = (path: RawPath): boolean => path === "worktrees" || LINK_FILES.has(path) || isLock(path);
  addAll(plan, { source: toRaw(folder), copy: toRaw(copy), signal, skip });
  plan.folders.push({ source: folder, copy, isMadeOwn: true });
}

function commonFolder(folder: string): string {
  try {
    return realpathSync(resolve(folder, readFileSync(join(folder, "commondir"), "utf8").trimEnd()));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return folder;
    throw error;
  }
}

interface Addition {
  readonly source: RawPath;
  readonly copy: RawPath;
  readonly signal: AbortSignal;
  readonly skip: (path: RawPath) => boolean;
}

function addAll(plan: GitPlan, { source, copy, signal, skip }: Addition): void {
  const top = entryAt(source);
  if (top === undefined) return;
  const placed = new Set(plan.items.map((item) => item.to));
  const tree = walkTree(source, { leavesOut: skip, exclude: new Set(), git: "within", signal });
  for (const [path, entry] of new Map([["", top], ...tree.entries])) {
    const to = under(copy, path);
    if (!placed.has(to)) plan.items.push({ from: under(source, path), to, entry });
  }
}
