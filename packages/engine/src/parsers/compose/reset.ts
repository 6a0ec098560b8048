import type { Tree } from "./tree.ts";

/** Deletes, in place, what a later file's `!reset` and `!override` make earlier values forget. */
export function forget(tree: Tree, paths: readonly (readonly string[])[]): void {
  for (const path of paths) remove(tree, path, 0);
}

function remove(tree: Tree, path: readonly string[], index: number): void {
  const key = path[index];
  if (tree.kind !== "map" || key === undefined) return;
  const keys = key === "*" ? [...tree.entries.keys()] : [key];
  for (const name of keys) {
    const child = tree.entries.get(name);
    if (child === undefined) continue;
    if (index === path.length - 1) tree.entries.delete(name);
    else remove(child, path, index + 1);
  }
}
