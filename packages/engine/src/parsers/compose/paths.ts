import { posix } from "node:path";
import type { ProjectFiles } from "../parser.ts";
import { cleanPath } from "./canonical.ts";
import { type Rules, below, rulesOf } from "./pattern.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import { type Tree, asText, list, text } from "./tree.ts";

export interface PathOptions {
  /** The folder relative paths are relative to; absolute, or itself relative to another one. */
  readonly base: string;
  readonly home: string | undefined;
  readonly files: ProjectFiles;
  readonly problems: Problems;
}

type Resolve = (tree: Tree, options: PathOptions) => Tree | string;

const RULES: Rules<Resolve> = rulesOf<Resolve>({
  "services.*.build.context": context,
  "services.*.build.additional_contexts.*": context,
  "services.*.env_file.*.path": absolute,
  "services.*.label_file.*": absolute,
  "services.*.extends.file": absolute,
  "services.*.develop.watch.*.path": watched,
  "services.*.volumes.*": bindSource,
  "configs.*.file": unixPath,
  "secrets.*.file": unixPath,
  "include.path": absolute,
  "include.project_directory": absolute,
  "include.env_file": absolute,
  "volumes.*": volumeDevice,
});

/** Makes the project's relative paths absolute, in place. */
export function resolvePaths(project: Tree, options: PathOptions): void {
  walk(project, [], { rules: RULES, options });
}

function walk(
  tree: Tree,
  path: (string | number)[],
  { rules, options }: { rules: Rules<Resolve>; options: PathOptions },
): Tree {
  if (rules.rule !== undefined) {
    const resolved = rules.rule(tree, options);
    if (typeof resolved !== "string") return resolved;
    options.problems.add({ message: resolved, attribute: attributePath(path), place: keyPlace(tree) });
    return tree;
  }
  if (tree.kind === "list") {
    if (rules.any === undefined) return tree;
    for (const [index, item] of tree.items.entries())
      tree.items[index] = walk(item, [...path, index], { rules: rules.any, options });
  } else if (tree.kind === "map") {
    for (const [key, value] of tree.entries) {
      const next = below(rules, key);
      if (next !== undefined) tree.entries.set(key, walk(value, [...path, key], { rules: next, options }));
    }
  }
  return tree;
}

/** The path from `base`, `~` being the home folder. An empty one stays empty. */
function resolvePath(path: string, { base, home }: { base: string; home: string | undefined }): string {
  const expanded = path.startsWith("~") && home !== undefined ? posix.join(home, path.slice(1)) : path;
  if (expanded === "" || posix.isAbsolute(expanded)) return expanded;
  return cleanPath(base === "" ? expanded : `${base}/${expanded}`);
}

function absolute(tree: Tree, options: PathOptions): Tree | string {
  if (tree.kind === "list")
    return list(
      tree.items.map((item) =>
        asText(item) === undefined ? item : text(resolvePath(asText(item) ?? "", options), item),
      ),
      tree,
    );
  const path = asText(tree);
  return path === undefined ? "expected a path" : text(resolvePath(path, options), tree);
}

const REMOTE = ["https://", "http://", "git://", "ssh://", "github.com/", "git@"];

function context(tree: Tree, options: PathOptions): Tree | string {
  const path = asText(tree);
  if (path === undefined) return "expected a path or URL";
  if (path.includes("://") || path.startsWith("service:") || REMOTE.some((prefix) => path.startsWith(prefix)))
    return tree;
  return text(resolvePath(path, options), tree);
}

function watched(tree: Tree, options: PathOptions): Tree | string {
  const path = asText(tree);
  if (path === undefined) return "expected a path";
  const resolved = resolvePath(path, options);
  return text(posix.isAbsolute(resolved) ? options.files.realPath(resolved) : resolved, tree);
}

function unixPath(tree: Tree, options: PathOptions): Tree {
  const path = asText(tree);
  if (path === undefined || isWindowsAbsolute(path)) return tree;
  const home = path.startsWith("~") && options.home !== undefined ? posix.join(options.home, path.slice(1)) : path;
  return text(posix.isAbsolute(home) ? home : cleanPath(`${options.base === "" ? "." : options.base}/${home}`), tree);
}

/** `c:\\x`, `c:/x`, `\\\\host\\share\\x`. */
function isWindowsAbsolute(path: string): boolean {
  return /^[A-Za-z]:[\\/]/u.test(path) || /^[\\/]{2}[^\\/.][^\\/]*[\\/][^\\/.]/u.test(path);
}

function bindSource(tree: Tree, options: PathOptions): Tree | string {
  if (tree.kind !== "map" || asText(tree.entries.get("type")) !== "bind") return tree;
  const source = tree.entries.get("source");
  if (source === undefined || asText(source) === undefined) return "a bind mount needs a source: the path on the host";
  tree.entries.set("source", unixPath(source, options));
  return tree;
}

/** A `local` volume with `o: bind` is a bind mount in disguise. */
function volumeDevice(tree: Tree, options: PathOptions): Tree {
  if (tree.kind !== "map" || asText(tree.entries.get("driver")) !== "local") return tree;
  const opts = tree.entries.get("driver_opts");
  const device = opts?.kind === "map" ? opts.entries.get("device") : undefined;
  if (opts?.kind !== "map" || device === undefined || asText(opts.entries.get("o")) !== "bind") return tree;
  opts.entries.set("device", unixPath(device, options));
  return tree;
}
