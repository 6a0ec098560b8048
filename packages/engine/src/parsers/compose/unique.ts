import { treeText } from "./go-text.ts";
import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Problems, attributePath } from "./problems.ts";
import { parseVolume, ShortSyntaxFault } from "./short/volume.ts";
import { type Tree, type TreeList, asText, list, member } from "./tree.ts";

/** What makes two items of a list the same thing; the later one then takes the earlier one's place. */
type Identity = (item: Tree) => string;

class IdentityFault extends Error {}

const RULES: Rules<Identity> = rulesOf<Identity>({
  "networks.*.labels": byName,
  "networks.*.ipam.options": byName,
  "volumes.*.labels": byName,
  "services.*.annotations": byName,
  "services.*.build.args": byName,
  "services.*.build.additional_contexts": byName,
  "services.*.build.platform": byName,
  "services.*.build.tags": byName,
  "services.*.build.labels": byName,
  "services.*.cap_add": byName,
  "services.*.cap_drop": byName,
  "services.*.devices": byDevice,
  "services.*.configs": byMount(""),
  "services.*.deploy.labels": byName,
  "services.*.dns": byName,
  "services.*.dns_opt": byName,
  "services.*.dns_search": byName,
  "services.*.environment": byName,
  "services.*.env_file": byPath,
  "services.*.expose": byValue,
  "services.*.labels": byName,
  "services.*.links": byName,
  "services.*.networks.*.aliases": byName,
  "services.*.networks.*.link_local_ips": byName,
  "services.*.ports": byPort,
  "services.*.profiles": byName,
  "services.*.secrets": byMount("/run/secrets"),
  "services.*.sysctls": byName,
  "services.*.tmpfs": byName,
  "services.*.volumes": byTarget,
});

/** The project without things that a later item of the same list says again. */
export function removeRepeats(tree: Tree, problems: Problems): Tree {
  return walk(tree, [], RULES, problems);
}

function walk(tree: Tree, path: (string | number)[], rules: Rules<Identity>, problems: Problems): Tree {
  if (tree.kind === "map") {
    for (const [key, value] of tree.entries) {
      const next = below(rules, key);
      if (next === undefined) continue;
      path.push(key);
      tree.entries.set(key, walk(value, path, next, problems));
      path.pop();
    }
    return tree;
  }
  return tree.kind === "list" && rules.rule !== undefined
    ? unique(tree, path, { identity: rules.rule, problems })
    : tree;
}

function unique(tree: TreeList, path: (string | number)[], options: { identity: Identity; problems: Problems }): Tree {
  const places = new Map<string, number>();
  const items: Tree[] = [];
  for (const [index, item] of tree.items.entries()) {
    const key = identify(item, [...path, index], options);
    const place = key === undefined ? undefined : places.get(key);
    if (place !== undefined) items[place] = item;
    else {
      if (key !== undefined) places.set(key, items.length);
      items.push(item);
    }
  }
  return items.length === tree.items.length && tree.spent !== true ? tree : list(items, tree);
}

function identify(
  item: Tree,
  path: (string | number)[],
  options: { identity: Identity; problems: Problems },
): string | undefined {
  try {
    return options.identity(item);
  } catch (error) {
    if (!(error instanceof IdentityFault || error instanceof ShortSyntaxFault)) throw error;
    options.problems.add({ message: error.message, attribute: attributePath(path), place: item });
    return undefined;
  }
}

function byName(item: Tree): string {
  const name = asText(item);
  if (name === undefined) throw new IdentityFault(`expected text, not ${kindOf(item)}`);
  const at = name.indexOf("=");
  return at === -1 ? name : name.slice(0, at);
}

function byTarget(item: Tree): string {
  if (item.kind !== "map") return parseVolume(asText(item) ?? "/").target;
  const target = asText(item.entries.get("target"));
  if (target === undefined) throw new IdentityFault("target is missing: the path in the container");
  return target;
}

function byDevice(item: Tree): string {
  const short = asText(item);
  if (short === undefined) return byTarget(item);
  const [source = "", target = source] = short.split(":");
  return target;
}

function byMount(folder: string): Identity {
  return (item) => {
    if (item.kind === "map") {
      const target = item.entries.get("target");
      if (target !== undefined) return treeText(target);
      const source = item.entries.get("source");
      return `${folder}/${source === undefined ? "" : treeText(source)}`;
    }
    const name = asText(item);
    if (name === undefined) throw new IdentityFault(`expected a name or a mapping, not ${kindOf(item)}`);
    return `${folder}/${name}`;
  };
}

function byPath(item: Tree): string {
  if (item.kind !== "map") return asText(item) ?? "";
  const path = member(item, "path");
  if (path === undefined) throw new IdentityFault("path is missing: the file to read");
  return treeText(path);
}

function byValue(item: Tree): string {
  if (item.kind !== "scalar" || (item.type !== "string" && item.type !== "int"))
    throw new IdentityFault(`expected a port, not ${kindOf(item)}`);
  return treeText(item);
}

function byPort(item: Tree): string {
  if (item.kind === "scalar") return item.type === "string" || item.type === "int" ? String(item.value) : "";
  if (item.kind === "list") return "";
  const of = (key: string, absent: string): string => {
    const value = item.entries.get(key);
    return value === undefined ? absent : treeText(value);
  };
  const target = item.entries.get("target");
  if (target === undefined) throw new IdentityFault("target is missing: the port in the container");
  // A number and its text are two host ports to the reference.
  const published = item.entries.get("published");
  const kind = published?.kind === "scalar" ? published.type : "";
  return `${of("host_ip", "0.0.0.0")}:${kind} ${of("published", "")}:${treeText(target)}/${of("protocol", "tcp")}`;
}

function kindOf(item: Tree): string {
  return item.kind === "map"
    ? "a mapping"
    : item.kind === "list"
      ? "a list"
      : item.type === "null"
        ? "nothing"
        : treeText(item);
}
