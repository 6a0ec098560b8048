import { posix } from "node:path";
import type { PlanInput } from "./input.ts";

/** Where a path of the source project leads in an environment. */
export interface Placement {
  readonly path: string;
  /** It is in the environment's own copy. Otherwise it is the host's, shared with everything else there. */
  readonly isPrivate: boolean;
  /** It belongs to what lies around the project (`../shared`), not to the system or to the user's own settings. */
  readonly isBeside: boolean;
}

/** Maps an absolute path of the source project. */
export type Place = (path: string) => Placement;

/**
 * Places paths in the environment's workspace.
 *
 * What is decisive is where a path really leads, links followed, since that is what an engine mounts: a path in the
 * tree that leaves it by a symbolic link is the host's, and one outside that leads into it is private.
 */
export function placeInWorkspace(input: Pick<PlanInput, "sourceRoot" | "workspaceRoot" | "realPath">): Place {
  const source = clean(input.sourceRoot);
  const workspace = clean(input.workspaceRoot);
  const realSource = clean(input.realPath(source));
  const realWorkspace = clean(input.realPath(workspace));
  const staysInside = (path: string): boolean => isInside(realWorkspace, clean(input.realPath(path)));

  const copied = (relative: string): Placement => {
    const path = posix.join(workspace, relative);
    return staysInside(path) ? own(path) : outside(clean(input.realPath(path)), source);
  };
  return (given) => {
    const path = clean(given);
    if (isInside(workspace, path) && staysInside(path)) return own(path);
    if (isInside(source, path) && staysInside(posix.join(workspace, posix.relative(source, path))))
      return copied(posix.relative(source, path));
    const real = clean(input.realPath(path));
    if (isInside(realSource, real) && !isInside(realWorkspace, real)) return copied(posix.relative(realSource, real));
    return isInside(source, path) ? outside(real, source) : { ...outside(path, source), path: posix.normalize(given) };
  };
}

/** Leaves every path where it is: for a service that is shared by several environments, so is of none of their copies. */
export function placeInSource(input: Pick<PlanInput, "sourceRoot">): Place {
  const source = clean(input.sourceRoot);
  return (given) => {
    const path = clean(given);
    return isInside(source, path) ? { path, isPrivate: false, isBeside: false } : outside(path, source);
  };
}

/** True when `path` is `folder` or in it. Both absolute and clean. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function own(path: string): Placement {
  return { path, isPrivate: true, isBeside: false };
}

function outside(path: string, source: string): Placement {
  return { path, isPrivate: false, isBeside: isBeside(path, source) };
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
