import { isMergeKey } from "./document.ts";
import type { RawNode } from "./reader.ts";

/** A mapping's member as it is written, aliases and merge keys followed; tags such as `!reset` have no say. */
export function rawMember(node: RawNode, name: string, seen: Set<RawNode> = new Set()): RawNode | undefined {
  const map = node.target ?? node;
  if (map.kind !== "map" || seen.has(map)) return undefined;
  seen.add(map);
  let merged: RawNode | undefined;
  for (let index = 0; index + 1 < map.items.length; index += 2) {
    const key = map.items[index];
    const value = map.items[index + 1];
    if (key === undefined || value === undefined) continue;
    if (isMergeKey(key)) merged = value.target ?? value;
    else if ((key.target ?? key).text === name) return value.target ?? value;
  }
  for (const one of merged?.kind === "list" ? merged.items : merged === undefined ? [] : [merged]) {
    const found = rawMember(one, name, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
