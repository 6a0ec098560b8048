import { cleanPath } from "./canonical.ts";
import { asText, bool, isNull, map, nothing, text, type Tree, type TreeMap } from "./tree.ts";

export interface NormaliseOptions {
  readonly name: string;
  readonly env: ReadonlyMap<string, string>;
}

/** Writes out what the project implies: default network, Dockerfile, dependencies, names of resources. In place. */
export function normalise(project: TreeMap, { name, env }: NormaliseOptions): void {
  addDefaultNetwork(project);
  const services = project.entries.get("services");
  if (services?.kind === "map") {
    for (const service of services.entries.values()) if (service.kind === "map") normaliseService(service, env);
  }
  for (const section of ["networks", "volumes", "configs", "secrets"])
    nameResources(project.entries.get(section), name);
}

function addDefaultNetwork(project: TreeMap): void {
  const services = project.entries.get("services");
  if (services?.kind !== "map") return;
  let used = false;
  for (const service of services.entries.values()) {
    if (service.kind !== "map" || service.entries.has("network_mode")) continue;
    const networks = service.entries.get("networks");
    if (networks === undefined || (networks.kind === "map" && networks.entries.size === 0)) {
      service.entries.set("networks", map([["default", nothing(service)]], service));
      used = true;
    } else if (networks.kind === "map" && networks.entries.has("default")) used = true;
  }
  if (!used) return;
  const networks = project.entries.get("networks");
  if (networks?.kind === "map") {
    if (!networks.entries.has("default")) networks.entries.set("default", nothing(networks));
  } else project.entries.set("networks", map([["default", nothing(project)]], project));
}

function normaliseService(service: TreeMap, env: ReadonlyMap<string, string>): void {
  const policy = service.entries.get("pull_policy");
  if (policy !== undefined && asText(policy) === "if_not_present")
    service.entries.set("pull_policy", text("missing", policy));
  const build = service.entries.get("build");
  if (build?.kind === "map") normaliseBuild(build, env);
  const environment = service.entries.get("environment");
  if (environment?.kind === "map") fillNulls(environment, env, true);
  const volumes = service.entries.get("volumes");
  if (volumes?.kind === "list") for (const volume of volumes.items) cleanTarget(volume);
  addDependencies(service);
}

function cleanTarget(volume: Tree): void {
  const target = volume.kind === "map" ? volume.entries.get("target") : undefined;
  const path = asText(target);
  if (volume.kind === "map" && target !== undefined && path !== undefined)
    volume.entries.set("target", text(cleanPath(path), target));
}

function normaliseBuild(build: TreeMap, env: ReadonlyMap<string, string>): void {
  if (isAbsent(build.entries.get("context"))) build.entries.set("context", text(".", build));
  if (isAbsent(build.entries.get("dockerfile")) && isAbsent(build.entries.get("dockerfile_inline"))) {
    build.entries.set("dockerfile", text("Dockerfile", build));
  }
  const args = build.entries.get("args");
  if (args?.kind === "map") fillNulls(args, env, false);
  else if (args?.kind === "list") build.entries.set("args", listedArguments(args.items, env, args));
}

function isAbsent(tree: Tree | undefined): boolean {
  return tree === undefined || isNull(tree);
}

/** A key without a value takes the project's; where there is none it stays null or goes. */
function fillNulls(tree: TreeMap, env: ReadonlyMap<string, string>, keep: boolean): void {
  for (const [key, value] of tree.entries) {
    if (!isNull(value)) continue;
    const found = env.get(key);
    if (found !== undefined) tree.entries.set(key, text(found, value));
    else if (!keep) tree.entries.delete(key);
  }
}

function listedArguments(items: readonly Tree[], env: ReadonlyMap<string, string>, origin: Tree): Tree {
  const resolved = items.flatMap((item) => {
    const pair = asText(item);
    if (pair === undefined || pair.includes("=")) return [item];
    const value = env.get(pair);
    return value === undefined ? [] : [text(`${pair}=${value}`, item)];
  });
  return { ...origin, kind: "list", items: resolved };
}

const NAMESPACES = ["network_mode", "ipc", "pid", "uts", "cgroup"];

/** `links`, shared namespaces and `volumes_from` need the other service to run first. */
function addDependencies(service: TreeMap): void {
  const present = service.entries.get("depends_on");
  const dependencies = present?.kind === "map" ? present : map([], service);
  const add = (name: string, restart: boolean, origin: Tree): void => {
    if (dependencies.entries.has(name)) return;
    const entries: [string, Tree][] = [
      ["condition", text("service_started", origin)],
      ["restart", bool(restart, origin)],
      ["required", bool(true, origin)],
    ];
    dependencies.entries.set(name, map(entries, origin));
  };
  for (const link of texts(service.entries.get("links"))) {
    const parts = link.value.split(":");
    add(parts.length === 2 ? (parts[0] ?? "") : link.value, true, link.tree);
  }
  for (const namespace of NAMESPACES) {
    const tree = service.entries.get(namespace);
    const value = asText(tree);
    if (tree !== undefined && value?.startsWith("service:")) add(value.slice("service:".length), true, tree);
  }
  for (const source of texts(service.entries.get("volumes_from"))) {
    if (!source.value.startsWith("container:")) add(source.value.split(":")[0] ?? "", false, source.tree);
  }
  if (dependencies.entries.size > 0) service.entries.set("depends_on", dependencies);
}

function texts(tree: Tree | undefined): { value: string; tree: Tree }[] {
  if (tree?.kind !== "list") return [];
  return tree.items.flatMap((item) => {
    const value = asText(item);
    return value === undefined ? [] : [{ value, tree: item }];
  });
}

/** A resource without a name is called after its key, and after the project unless it is made elsewhere. */
function nameResources(section: Tree | undefined, project: string): void {
  if (section?.kind !== "map") return;
  for (const [key, value] of section.entries) {
    const resource = value.kind === "map" ? value : map([], value);
    section.entries.set(key, resource);
    if (!isAbsent(resource.entries.get("name"))) continue;
    const external = resource.entries.get("external");
    const elsewhere = external?.kind === "scalar" && external.value === true;
    resource.entries.set("name", text(elsewhere ? key : `${project}_${key}`, resource));
  }
}
