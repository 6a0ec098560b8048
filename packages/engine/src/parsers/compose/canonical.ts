import { treeText } from "./go-text.ts";
import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import { parsePorts } from "./short/port.ts";
import { ShortSyntaxFault, parseVolume } from "./short/volume.ts";
import { type Tree, type TreeMap, asText, bool, int, isNull, list, map, nothing, text } from "./tree.ts";

/** Turns one attribute's short form into its long one; members below it have been done. @throws ShortSyntaxFault */
type Expand = (tree: Tree) => Tree;

const RULES: Rules<Expand> = rulesOf<Expand>({
  "services.*.build": build,
  "services.*.build.additional_contexts": contexts,
  "services.*.build.secrets.*": mount,
  "services.*.build.ssh": ssh,
  "services.*.build.ulimits.*": ulimit,
  "services.*.configs.*": mount,
  "services.*.depends_on": dependsOn,
  "services.*.devices.*": device,
  "services.*.dns": stringOrList,
  "services.*.env_file": envFiles,
  "services.*.extends": extension,
  "services.*.gpus": gpus,
  "services.*.label_file": stringOrList,
  "services.*.models": names,
  "services.*.networks": names,
  "services.*.ports": ports,
  "services.*.secrets.*": mount,
  "services.*.ulimits.*": ulimit,
  "services.*.volumes.*": volume,
  "configs.*": maybeExternal,
  "networks.*": maybeExternal,
  "secrets.*": maybeExternal,
  "volumes.*": maybeExternal,
});

/** The project with every short form written out, in place. What cannot be read is reported. */
export function expandShortForms(project: TreeMap, problems: Problems): TreeMap {
  for (const [key, value] of project.entries) {
    const rules = below(RULES, key);
    if (rules !== undefined) project.entries.set(key, walk(value, [key], rules, problems));
  }
  return project;
}

function walk(tree: Tree, path: (string | number)[], rules: Rules<Expand>, problems: Problems): Tree {
  if (tree.kind === "map") {
    for (const [key, value] of tree.entries) {
      const next = below(rules, key);
      if (next !== undefined) tree.entries.set(key, walk(value, [...path, key], next, problems));
    }
  } else if (tree.kind === "list" && rules.any !== undefined) {
    for (const [index, item] of tree.items.entries())
      tree.items[index] = walk(item, [...path, index], rules.any, problems);
  }
  if (rules.rule === undefined) return tree;
  try {
    return rules.rule(tree);
  } catch (error) {
    if (!(error instanceof ShortSyntaxFault)) throw error;
    problems.add({
      message: error.message,
      attribute: attributePath(path),
      place: tree.kind === "scalar" ? tree : keyPlace(tree),
    });
    return tree;
  }
}

function fail(tree: Tree, wanted: string): never {
  throw new ShortSyntaxFault(
    `expected ${wanted}, not ${tree.kind === "scalar" ? JSON.stringify(treeText(tree)) : `a ${tree.kind === "map" ? "mapping" : "list"}`}`,
  );
}

function textOf(tree: Tree, wanted: string): string {
  return asText(tree) ?? fail(tree, wanted);
}

function stringOrList(tree: Tree): Tree {
  return asText(tree) === undefined ? tree : list([tree], tree);
}

function build(tree: Tree): Tree {
  return tree.kind === "map" ? tree : map([["context", text(textOf(tree, "a build context"), tree)]], tree);
}

function contexts(tree: Tree): Tree {
  if (tree.kind === "map") return tree;
  if (tree.kind !== "list") return fail(tree, "a mapping or a list");
  return map(
    tree.items.map((item) => {
      const pair = textOf(item, "name=context");
      const at = pair.indexOf("=");
      if (at === -1) throw new ShortSyntaxFault(`${JSON.stringify(pair)} is not name=context`);
      return [pair.slice(0, at), text(pair.slice(at + 1), item)] as const;
    }),
    tree,
  );
}

function mount(tree: Tree): Tree {
  return tree.kind === "map" ? tree : map([["source", text(textOf(tree, "a name"), tree)]], tree);
}

function ssh(tree: Tree): Tree {
  if (tree.kind === "map") return tree;
  if (tree.kind !== "list") return fail(tree, "a mapping or a list");
  return map(
    tree.items.map((item) => {
      const key = textOf(item, "default or id=path");
      const at = key.indexOf("=");
      if (at === -1 && key !== "default")
        throw new ShortSyntaxFault(`${JSON.stringify(key)} is neither default nor id=path`);
      return at === -1 ? ([key, nothing(item)] as const) : ([key.slice(0, at), text(key.slice(at + 1), item)] as const);
    }),
    tree,
  );
}

function ulimit(tree: Tree): Tree {
  return tree.kind === "map" || (tree.kind === "scalar" && tree.type === "int") ? tree : fail(tree, "a whole number");
}

function dependsOn(tree: Tree): Tree {
  if (tree.kind === "list")
    return map(
      tree.items.map((item) => [textOf(item, "a service"), dependency(map([], item))] as const),
      tree,
    );
  if (tree.kind !== "map") return fail(tree, "a list or mapping of services");
  for (const value of tree.entries.values()) dependency(value);
  return tree;
}

function dependency(tree: Tree): Tree {
  if (tree.kind !== "map") return fail(tree, "a mapping");
  if (!tree.entries.has("condition")) tree.entries.set("condition", text("service_started", tree));
  if (!tree.entries.has("required")) tree.entries.set("required", bool(true, tree));
  return tree;
}

function device(tree: Tree): Tree {
  if (tree.kind === "map") return tree;
  const parts = textOf(tree, "source:target:permissions").split(":");
  if (parts.length > 3)
    throw new ShortSyntaxFault(
      `${JSON.stringify(parts.join(":"))} has too many colons; write source, target and permissions out`,
    );
  const [source = "", target = "", permissions = "rwm"] = parts;
  return map(
    [
      ["source", text(source, tree)],
      ["target", text(target === "" ? source : target, tree)],
      ["permissions", text(permissions, tree)],
    ],
    tree,
  );
}

function envFiles(tree: Tree): Tree {
  if (tree.kind === "list") return list(tree.items.map(envFile), tree);
  return list([envFile(text(textOf(tree, "a file or a list of files"), tree))], tree);
}

function envFile(tree: Tree): Tree {
  // A date is text to the schema and nothing to this stage.
  if (tree.kind === "scalar" && tree.type === "time") return nothing(tree);
  const long = tree.kind === "map" ? tree : map([["path", text(textOf(tree, "a file"), tree)]], tree);
  if (!long.entries.has("required")) long.entries.set("required", bool(true, tree));
  return long;
}

function extension(tree: Tree): Tree {
  return tree.kind === "map" ? tree : map([["service", tree]], tree);
}

function gpus(tree: Tree): Tree {
  if (tree.kind === "list") return tree;
  textOf(tree, "all or a list");
  return list([map([["count", text("all", tree)]], tree)], tree);
}

function names(tree: Tree): Tree {
  return tree.kind === "list"
    ? map(
        tree.items.map((item) => [textOf(item, "a name"), nothing(item)] as const),
        tree,
      )
    : tree;
}

function ports(tree: Tree): Tree {
  if (tree.kind !== "list") return fail(tree, "a list of ports");
  return list(tree.items.flatMap(portForms), tree);
}

function portForms(item: Tree): Tree[] {
  if (item.kind === "map") return [item];
  if (item.kind === "list" || (item.type !== "string" && item.type !== "int")) return fail(item, "a port");
  return parsePorts(String(item.value)).map((port) => {
    const entries: [string, Tree][] = [["mode", text("ingress", item)]];
    if (port.hostIp !== "") entries.push(["host_ip", text(port.hostIp, item)]);
    if (port.target !== 0) entries.push(["target", int(port.target, item)]);
    if (port.published !== "") entries.push(["published", text(port.published, item)]);
    entries.push(["protocol", text(port.protocol, item)]);
    return map(entries, item);
  });
}

function volume(tree: Tree): Tree {
  if (tree.kind === "map") return tree;
  const parsed = parseVolume(textOf(tree, "source:target or a mapping"));
  const entries: [string, Tree][] = [["type", text(parsed.type, tree)]];
  if (parsed.source !== "") entries.push(["source", text(parsed.source, tree)]);
  if (parsed.target !== "") entries.push(["target", text(cleanPath(parsed.target), tree)]);
  if (parsed.readOnly) entries.push(["read_only", bool(true, tree)]);
  const bind = bindOptions(parsed, tree);
  if (bind.entries.size > 0) entries.push(["bind", bind]);
  if (parsed.noCopy) entries.push(["volume", map([["nocopy", bool(true, tree)]], tree)]);
  else if (parsed.type === "volume" && !parsed.bare) entries.push(["volume", map([], tree)]);
  return map(entries, tree);
}

function bindOptions(parsed: ReturnType<typeof parseVolume>, origin: Tree): TreeMap {
  const bind = map([], origin);
  if (parsed.propagation !== "") bind.entries.set("propagation", text(parsed.propagation, origin));
  if (parsed.selinux !== "") bind.entries.set("selinux", text(parsed.selinux, origin));
  if (parsed.type === "bind") bind.entries.set("create_host_path", bool(true, origin));
  return bind;
}

/** `external: {name: x}` is an old spelling of `name: x` and `external: true`. */
function maybeExternal(tree: Tree): Tree {
  if (isNull(tree)) return tree;
  if (tree.kind !== "map") return fail(tree, "a mapping");
  const external = tree.entries.get("external");
  if (external?.kind !== "map") return tree;
  tree.entries.set("external", bool(true, external));
  const written = external.entries.get("name");
  if (written === undefined) return tree;
  const name = tree.entries.get("name");
  if (name !== undefined && treeText(name) !== treeText(written))
    throw new ShortSyntaxFault("name and external.name differ; write name only");
  if (name === undefined) tree.entries.set("name", written);
  return tree;
}

/** The shortest spelling of a `/`-separated path, without the file system. */
export function cleanPath(path: string): string {
  if (path === "") return ".";
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  const joined = parts.join("/");
  return rooted ? `/${joined}` : joined === "" ? "." : joined;
}
