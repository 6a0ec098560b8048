import { scalarText, treeText } from "./go-text.ts";
import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import { type Tree, type TreeList, type TreeMap, asText, bool, isNull, list, map, nothing, text } from "./tree.ts";

/** How two files' values of one attribute become one. Without a rule: maps deeply, lists one after the other, else the later. */
type Rule = "later" | "pairs" | "hosts" | "build" | "depends_on" | "networks" | "logging" | "ulimit" | "pools";

const RULES: Rules<Rule> = rulesOf<Rule>({
  "networks.*.ipam.config": "pools",
  "networks.*.labels": "pairs",
  "volumes.*.labels": "pairs",
  "services.*.annotations": "pairs",
  "services.*.build": "build",
  "services.*.build.args": "pairs",
  "services.*.build.additional_contexts": "pairs",
  "services.*.build.extra_hosts": "hosts",
  "services.*.build.labels": "pairs",
  "services.*.command": "later",
  "services.*.depends_on": "depends_on",
  "services.*.deploy.labels": "pairs",
  "services.*.dns": "pairs",
  "services.*.dns_opt": "pairs",
  "services.*.dns_search": "pairs",
  "services.*.entrypoint": "later",
  "services.*.env_file": "pairs",
  "services.*.environment": "pairs",
  "services.*.extra_hosts": "hosts",
  "services.*.healthcheck.test": "later",
  "services.*.label_file": "pairs",
  "services.*.labels": "pairs",
  "services.*.logging": "logging",
  "services.*.models": "networks",
  "services.*.networks": "networks",
  "services.*.sysctls": "pairs",
  "services.*.tmpfs": "pairs",
  "services.*.ulimits.*": "ulimit",
});

type Path = (string | number)[];

/** The project with a later file's values put over it; `base` is changed. Two kinds that do not fit are reported. */
export function mergeProjects(base: TreeMap, over: TreeMap, problems: Problems): TreeMap {
  return mergeMaps(base, over, { path: [], rules: RULES, problems });
}

/** A service with what extends it put over it; `base` is changed. */
export function mergeServices(base: TreeMap, over: TreeMap, options: { name: string; problems: Problems }): TreeMap {
  const rules = below(below(RULES, "services"), options.name);
  return mergeMaps(base, over, { path: ["services", options.name], rules, problems: options.problems });
}

interface Merge {
  readonly path: Path;
  readonly rules: Rules<Rule> | undefined;
  readonly problems: Problems;
}

function mergeMaps(base: TreeMap, over: TreeMap, merge: Merge): TreeMap {
  for (const [key, value] of over.entries) {
    const earlier = base.entries.get(key);
    const next: Merge = { path: [...merge.path, key], rules: below(merge.rules, key), problems: merge.problems };
    base.entries.set(key, earlier === undefined || key.startsWith("x-") ? value : mergeTrees(earlier, value, next));
  }
  return base;
}

function mergeTrees(base: Tree, over: Tree, merge: Merge): Tree {
  const rule = merge.rules?.rule;
  if (rule !== undefined) return byRule(rule, { base, over }, merge);
  if (isNull(over)) return base;
  if (base.kind === "scalar") return over;
  if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, merge);
  if (base.kind === "list" && over.kind === "list") return joined(base, base.items, over);
  return mismatch(over, merge);
}

/** One list after the other; nothing after a spent list, or after what was no list, is a spent list. */
function joined(base: Tree, items: readonly Tree[], over: TreeList): TreeList {
  const all = list([...items, ...over.items], over);
  const fresh = base.kind === "list" && base.spent !== true;
  return fresh || all.items.length > 0 ? all : { ...all, spent: true };
}

function mismatch(over: Tree, merge: Merge): Tree {
  merge.problems.add({
    message: "this cannot be put over the earlier value: one is a list or mapping and the other is not",
    attribute: attributePath(merge.path),
    place: keyPlace(over),
  });
  return over;
}

function byRule(rule: Rule, { base, over }: { base: Tree; over: Tree }, merge: Merge): Tree {
  switch (rule) {
    case "later":
      return over;
    case "pairs":
      return joined(base, toPairs(base), list(toPairs(over), over));
    case "hosts":
      return mergeHosts(base, over);
    case "build":
      return mergeAs(toBuild, { base, over }, merge);
    case "depends_on":
      return mergeAs((tree) => toMap(tree, dependency), { base, over }, merge);
    case "networks":
      return mergeAs((tree) => toMap(tree, nothing), { base, over }, merge);
    case "logging":
      return mergeLogging(base, over, merge);
    case "ulimit":
      return over;
    case "pools":
      return base.kind === "list" && over.kind === "list" ? mergePools(base, over, merge) : mismatch(over, merge);
  }
}

/** Both as maps, then merged. */
function mergeAs(
  convert: (tree: Tree) => TreeMap | undefined,
  { base, over }: { base: Tree; over: Tree },
  merge: Merge,
): Tree {
  const first = convert(base);
  const second = convert(over);
  if (second === undefined) return isNull(over) ? base : mismatch(over, merge);
  if (first === undefined) return second.entries.size === 0 ? base : mismatch(over, merge);
  return mergeMaps(first, second, merge);
}

function toBuild(tree: Tree): TreeMap | undefined {
  if (tree.kind === "map") return tree;
  if (tree.kind === "scalar" && tree.type === "string") return map([["context", tree]], tree);
  return undefined;
}

function toMap(tree: Tree, value: (origin: Tree) => Tree): TreeMap | undefined {
  if (tree.kind === "map") return tree;
  if (tree.kind !== "list") return undefined;
  const entries: [string, Tree][] = [];
  for (const item of tree.items) {
    const name = asText(item);
    if (name === undefined) return undefined;
    entries.push([name, value(item)]);
  }
  return map(entries, tree);
}

function dependency(origin: Tree): Tree {
  return map(
    [
      ["condition", text("service_started", origin)],
      ["required", bool(true, origin)],
    ],
    origin,
  );
}

/** `KEY=value` items of a map (sorted), the items of a list, or the one string. */
function toPairs(tree: Tree): Tree[] {
  if (tree.kind === "list") return tree.items;
  if (tree.kind === "scalar") return tree.type === "string" ? [tree] : [];
  const pairs = [...tree.entries].flatMap(([key, value]) => pairsOf(key, value));
  return pairs
    .toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    .map((pair) => text(pair.value, pair.origin));
}

function pairsOf(key: string, value: Tree): { value: string; origin: Tree }[] {
  if (isNull(value)) return [{ value: key, origin: value }];
  if (value.kind === "list") return value.items.map((item) => ({ value: `${key}=${treeText(item)}`, origin: item }));
  return [{ value: `${key}=${value.kind === "scalar" ? scalarText(value) : treeText(value)}`, origin: value }];
}

/** A host may have several addresses: only what is there word for word is left out. */
function mergeHosts(base: Tree, over: Tree): Tree {
  const first = toPairs(base);
  const known = new Set(first.map(treeText));
  const added = toPairs(over).filter((item) => !known.has(treeText(item)));
  return joined(base, first, list(added, over));
}

/** Options of the same driver are merged; another driver starts anew. */
function mergeLogging(base: Tree, over: Tree, merge: Merge): Tree {
  if (base.kind !== "map" || over.kind !== "map") return mismatch(over, merge);
  const first = base.entries.get("driver");
  const second = over.entries.get("driver");
  if (first === undefined || second === undefined || treeText(first) === treeText(second))
    return mergeMaps(base, over, merge);
  return over;
}

/** Address pools of a network are merged by subnet. */
function mergePools(base: TreeList, over: TreeList, merge: Merge): Tree {
  const pools: TreeMap[] = [];
  const subnet = (pool: TreeMap): string | undefined => {
    const value = pool.entries.get("subnet");
    return value === undefined ? undefined : treeText(value);
  };
  for (const first of base.items) {
    for (const second of over.items) {
      if (first.kind !== "map" || second.kind !== "map") return mismatch(second, merge);
      if (subnet(first) !== subnet(second) && !pools.some((pool) => subnet(pool) === subnet(second))) {
        pools.push(second);
        continue;
      }
      const merged = mergeMaps(first, second, { ...merge, rules: undefined });
      const index = pools.findIndex((pool) => subnet(pool) === subnet(merged));
      if (index === -1) pools.push(merged);
      else pools[index] = merged;
    }
  }
  return list(pools, over);
}
