import { posix } from "node:path";
import type { PlanInput } from "./input.ts";

/** Where a path of the source project leads in an environment. */
export interface Placement {
  readonly path: string;
  /** It is in the environment's own copy. Otherwise it is the host's, shared with everything else there. */
  readonly isPrivate: boolean;
  /**
   * Nothing may be written there: it is the source itself, or lies around it (`../shared`). Not so what is the system's
   * or the user's own settings.
   */
  readonly isProtected: boolean;
  /** A symbolic link in the project or in its copy leads there. */
  readonly isByLink: boolean;
}

/** Maps an absolute path of the source project. */
export type Place = (path: string) => Placement;

/** Steps from one tree to another after which a path is taken to lead nowhere of ours. */
const MOST_STEPS = 16;

/**
 * Places paths in the environment's workspace.
 *
 * What is decisive is where a path really leads, links followed, since that is what an engine mounts: a path in the
 * tree that leaves it by a symbolic link is the host's, one that leads back into the source means its copy, and one
 * outside that leads into the source is private.
 */
export function placeInWorkspace(input: Pick<PlanInput, "sourceRoot" | "workspaceRoot" | "realPath">): Place {
  const trees: Trees = {
    source: clean(input.sourceRoot),
    workspace: clean(input.workspaceRoot),
    realSource: clean(input.realPath(input.sourceRoot)),
    realWorkspace: clean(input.realPath(input.workspaceRoot)),
    realPath: (path) => clean(input.realPath(path)),
  };
  return (given) => {
    let path = clean(given);
    for (let step = 0; step < MOST_STEPS; step++) {
      const next = follow(path, trees);
      if (next.isPrivate) return { path: next.path, isPrivate: true, isProtected: false, isByLink: false };
      if (next.path === path) break;
      ({ path } = next);
    }
    if (path === clean(given)) return outside(posix.normalize(given), trees.source);
    return { ...outside(path, trees.source), isByLink: true };
  };
}

interface Trees {
  readonly source: string;
  readonly workspace: string;
  readonly realSource: string;
  readonly realWorkspace: string;
  readonly realPath: (path: string) => string;
}

/** One step: where the path leads next; the same path again when it is outside for good. */
function follow(path: string, trees: Trees): { path: string; isPrivate: boolean } {
  const { source, workspace, realSource, realWorkspace, realPath } = trees;
  const real = realPath(path);
  if (isInside(realWorkspace, real)) return { path: isInside(workspace, path) ? path : real, isPrivate: true };
  if (!isInside(source, path)) {
    const relative = isInside(realSource, real) ? posix.relative(realSource, real) : undefined;
    if (relative !== undefined) return { path: posix.join(source, relative), isPrivate: false };
    return { path: isInside(workspace, path) ? real : path, isPrivate: false };
  }
  const copy = posix.join(workspace, posix.relative(source, path));
  if (isInside(realWorkspace, realPath(copy))) return { path: copy, isPrivate: true };
  if (!isInside(realSource, real)) return { path: real, isPrivate: false };
  const target = posix.join(source, posix.relative(realSource, real));
  return { path: target === path ? realPath(copy) : target, isPrivate: false };
}

/** Leaves every path where it is: for a service that is shared by several environments, so is of none of their copies. */
export function placeInSource(input: Pick<PlanInput, "sourceRoot">): Place {
  const source = clean(input.sourceRoot);
  return (given) => {
    const path = clean(given);
    return isInside(source, path)
      ? { path, isPrivate: false, isProtected: true, isByLink: false }
      : outside(path, source);
  };
}

/** True when `path` is `folder` or in it. Both absolute and clean. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function outside(path: string, source: string): Placement {
  return { path, isPrivate: false, isProtected: isBeside(path, source), isByLink: false };
}

/**
 * `..` beyond the source, as far as a resolved path still tells: the parent's own files. Not `/`'s, which are the
 * system's, and no dot-files, which are the user's (`~/.aws`, where the project lies in the home folder).
 */
function isBeside(path: string, source: string): boolean {
  const parent = posix.dirname(source);
  if (parent === "/" || !isInside(parent, path)) return false;
  return !posix.relative(parent, path).startsWith(".");
}

function clean(path: string): string {
  return posix.resolve("/", path);
}
