import { posix } from "node:path";
import { type RawPath, parentOf, shown } from "./raw-path.ts";
import type { Entry } from "./walk.ts";

/** The links of a tree that lead out of it: absolute ones, and relative ones with more `..` than folders above them. */
export function leavingLinks(entries: ReadonlyMap<RawPath, Entry>): { path: string; target: string }[] {
  const leaving: { path: string; target: string }[] = [];
  for (const [path, { target }] of entries) {
    if (target !== undefined && leaves(path, target)) leaving.push({ path: shown(path), target: shown(target) });
  }
  return leaving;
}

function leaves(path: RawPath, target: RawPath): boolean {
  if (target.startsWith("/")) return true;
  const place = posix.normalize(posix.join(parentOf(path), target));
  return place === ".." || place.startsWith("../");
}
