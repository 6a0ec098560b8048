import type { RawNode } from "./reader.ts";
import { YamlFault } from "./fault.ts";

/**
 * Finds `!reset` and `!override` in a document. Values tagged `!reset` are taken out, also under aliases and `<<`;
 * the paths of both are what earlier files must forget.
 */
export function collectResets(root: RawNode): { node: RawNode | undefined; resets: string[][] } {
  const resets: string[][] = [];
  if (!usesResets(root)) return { node: root, resets };
  const budget = { left: 1_000_000 };
  return { node: walk(root, [], { resets, budget, open: new Set() }), resets };
}

interface Walk {
  readonly resets: string[][];
  readonly budget: { left: number };
  /** Aliased nodes on the way down. */
  readonly open: Set<RawNode>;
}

function usesResets(node: RawNode): boolean {
  if (node.tag === "!reset" || node.tag === "!override") return true;
  return node.items.some(usesResets);
}

function walk(node: RawNode, path: readonly string[], state: Walk): RawNode | undefined {
  if (--state.budget.left < 0) throw new YamlFault("aliases make this file too large", node.at);
  if (node.kind === "alias" && node.target !== undefined) {
    if (state.open.has(node.target)) throw new YamlFault(`&${node.text} contains itself`, node.at);
    state.open.add(node.target);
    const followed = walk(node.target, path, state);
    state.open.delete(node.target);
    return followed;
  }
  if (node.tag === "!reset" || node.tag === "!override") {
    state.resets.push([...path]);
    return node.tag === "!reset" ? undefined : node;
  }
  if (node.kind === "list") {
    node.items = node.items
      .map((item, index) => walk(item, [...path, String(index)], state))
      .filter((item) => item !== undefined);
  } else if (node.kind === "map") node.items = members(node, path, state);
  return node;
}

function members(node: RawNode, path: readonly string[], state: Walk): RawNode[] {
  const kept: RawNode[] = [];
  for (let index = 0; index + 1 < node.items.length; index += 2) {
    const key = node.items[index];
    const value = node.items[index + 1];
    if (key === undefined || value === undefined) continue;
    const below = key.text === "<<" ? path : [...path, key.text];
    const followed = walk(value, below, state);
    if (followed !== undefined) kept.push(key, followed);
  }
  return kept;
}
