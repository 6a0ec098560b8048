import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import { type Tree, type TreeMap, isNull } from "./tree.ts";

/** What is wrong with a value beyond its schema; `undefined` when nothing is. */
type Rule = (tree: Tree) => string | undefined;

const RULES: Rules<Rule> = rulesOf<Rule>({
  "volumes.*": externalAlone,
  "configs.*": (tree) => fileObject(tree, ["file", "environment", "content"]),
  "secrets.*": (tree) => fileObject(tree, ["file", "environment"]),
  "services.*.deploy.resources.reservations.devices.*": deviceRequest,
  "services.*.gpus.*": deviceRequest,
  "services.*.pid": (tree) => (isNull(tree) ? "expected text, not nothing" : undefined),
  "services.*.develop.watch.*.path": (tree) =>
    tree.kind === "scalar" && tree.value === "" ? "a path to watch cannot be empty" : undefined,
});

/** Reports what the schema cannot say about single attributes. */
export function checkRules(project: Tree, problems: Problems): void {
  walk(project, [], RULES, problems);
}

function walk(tree: Tree, path: (string | number)[], rules: Rules<Rule>, problems: Problems): void {
  if (rules.rule !== undefined) {
    const message = rules.rule(tree);
    if (message !== undefined) problems.add({ message, attribute: attributePath(path), place: keyPlace(tree) });
    return;
  }
  const members = tree.kind === "list" ? tree.items.entries() : tree.kind === "map" ? tree.entries : [];
  for (const [key, value] of members) {
    const next = below(rules, String(key));
    if (next === undefined) continue;
    path.push(key);
    walk(value, path, next, problems);
    path.pop();
  }
}

function externalAlone(tree: Tree): string | undefined {
  if (tree.kind !== "map" || !isTrue(tree.entries.get("external"))) return undefined;
  const other = [...tree.entries.keys()].find((key) => key !== "name" && key !== "external" && !key.startsWith("x-"));
  return other === undefined ? undefined : `an external volume is made elsewhere: ${other} cannot be said here`;
}

function isTrue(tree: Tree | undefined): boolean {
  return tree?.kind === "scalar" && tree.value === true;
}

function fileObject(tree: Tree, keys: readonly string[]): string | undefined {
  if (tree.kind !== "map") return `one of ${keys.join(", ")} is missing`;
  const given = keys.filter((key) => tree.entries.has(key));
  if (given.length > 1) return `only one of ${given.join(" and ")} can be said`;
  if (given.length === 1 || has(tree, "driver") || has(tree, "external")) return undefined;
  return `one of ${keys.join(", ")} is missing`;
}

function has(tree: TreeMap, key: string): boolean {
  return tree.entries.has(key);
}

function deviceRequest(tree: Tree): string | undefined {
  if (tree.kind !== "map" || !has(tree, "count") || !has(tree, "device_ids")) return undefined;
  return "only one of count and device_ids can be said";
}
