import type { Json, JsonObject } from "./bind.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import { nearest } from "./schema/nearest.ts";
import { type Selection, dependenciesOf, entriesOf, isObject, objectsOf, textOf, textsOf } from "./select.ts";
import type { Tree, TreeMap } from "./tree.ts";

/** A project whose parts are to fit one another. */
export interface Consistency {
  readonly selection: Selection;
  /** Top-level sections by their key. */
  readonly sections: ReadonlyMap<string, JsonObject>;
  /** Where everything stands. */
  readonly tree: TreeMap;
  readonly problems: Problems;
}

/** Reports services that refer to what is not there, or that say two things that exclude each other. */
export function checkConsistency(project: Consistency): void {
  for (const [name, service] of project.selection.enabled) {
    // Still there only where what it extends could not be read: then most of the service is missing.
    if (service["extends"] !== undefined && project.problems.any) continue;
    const report = (path: readonly (string | number)[], message: string, hint?: string): void => {
      const full = ["services", name, ...path];
      const tree = treeAt(project.tree, full);
      project.problems.add({
        message,
        ...(hint === undefined ? {} : { hint }),
        attribute: attributePath(full),
        place: tree.kind === "scalar" && tree.keyAt === -1 ? tree : keyPlace(tree),
      });
    };
    const check: Check = { service, project, report };
    checkBuild(check);
    checkNetworks(check);
    checkHealthcheck(check);
    checkDependencies(check);
    checkMounts(check);
    checkLimits(check);
    checkWatch(check);
  }
  checkSecrets(project);
  checkCycles(project);
}

interface Check {
  readonly service: JsonObject;
  readonly project: Consistency;
  readonly report: (path: readonly (string | number)[], message: string, hint?: string) => void;
}

/** The value at a path, or the last one on the way that exists. */
function treeAt(root: Tree, path: readonly (string | number)[]): Tree {
  let tree = root;
  for (const part of path) {
    const next: Tree | undefined =
      tree.kind === "map"
        ? tree.entries.get(String(part))
        : tree.kind === "list"
          ? tree.items[Number(part)]
          : undefined;
    if (next === undefined) return tree;
    tree = next;
  }
  return tree;
}

function checkBuild({ service, project, report }: Check): void {
  const build = service["build"];
  if (!isObject(build)) {
    const provided = service["provider"] !== undefined;
    if (typeof service["image"] !== "string" && !provided) report([], "the service has neither image nor build");
    return;
  }
  if (build["dockerfile"] !== undefined && build["dockerfile_inline"] !== undefined)
    report(["build", "dockerfile_inline"], "only one of dockerfile and dockerfile_inline can be said");
  for (const [context, value] of entriesOf(build["additional_contexts"])) {
    if (typeof value !== "string" || !value.startsWith("service:")) continue;
    const name = value.slice("service:".length);
    const other = project.selection.enabled.get(name);
    if (other === undefined)
      report(
        ["build", "additional_contexts", context],
        `there is no service ${JSON.stringify(name)}`,
        did(name, project),
      );
    else if (other["build"] === undefined)
      report(["build", "additional_contexts", context], `the service ${name} is not built here`);
  }
  const platforms = textsOf(build["platforms"]);
  const platform = service["platform"];
  if (platforms.length > 0 && typeof platform === "string" && !platforms.includes(platform))
    report(["build", "platforms"], `${platform}, the service's platform, is not among the platforms to build for`);
}

function did(name: string, project: Consistency): string | undefined {
  const near = nearest(name, [...project.selection.enabled.keys()]);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

function checkNetworks({ service, project, report }: Check): void {
  const mode = service["network_mode"];
  const networks = entriesOf(service["networks"]);
  if (typeof mode === "string" && networks.length > 0)
    report(["networks"], "only one of network_mode and networks can be said");
  checkNames(
    { names: networks.map(([name]) => ({ name, path: ["networks", name] })), section: "networks", what: "network" },
    { project, report, service },
  );
  if (typeof mode !== "string" || !mode.startsWith("service:")) return;
  const name = mode.slice("service:".length);
  if (!project.selection.enabled.has(name))
    report(["network_mode"], `there is no service ${JSON.stringify(name)}`, did(name, project));
}

interface Names {
  readonly names: readonly { readonly name: string; readonly path: readonly (string | number)[] }[];
  readonly section: string;
  readonly what: string;
}

function checkNames({ names, section, what }: Names, { project, report }: Check): void {
  const known = project.sections.get(section) ?? {};
  for (const { name, path } of names) {
    if (Object.hasOwn(known, name)) continue;
    const near = nearest(name, Object.keys(known));
    report(
      path,
      `there is no ${what} ${JSON.stringify(name)}`,
      near === undefined ? `Define it under ${section}:` : `Did you mean ${near}?`,
    );
  }
}

function checkHealthcheck({ service, report }: Check): void {
  const healthcheck = service["healthcheck"];
  const test = isObject(healthcheck) ? textsOf(healthcheck["test"]) : [];
  if (test[0] !== undefined && !["CMD", "CMD-SHELL", "NONE"].includes(test[0]))
    report(["healthcheck", "test"], "a list starts with CMD, CMD-SHELL or NONE");
}

function checkDependencies({ service, project, report }: Check): void {
  for (const [name, dependency] of dependenciesOf(service)) {
    if (project.selection.enabled.has(name)) continue;
    const disabled = project.selection.disabled.get(name);
    if (disabled === undefined)
      report(["depends_on", name], `there is no service ${JSON.stringify(name)}`, did(name, project));
    else if (dependency["required"] === true) {
      const profile = textsOf(disabled["profiles"])[0] ?? "*";
      report(
        ["depends_on", name],
        `the service ${name} is not enabled`,
        `Add --profile ${profile}, or say required: false`,
      );
    }
  }
}

function checkMounts(check: Check): void {
  const { service } = check;
  const build = service["build"];
  const named = objectsOf(service["volumes"])
    .map((volume, index) => ({ volume, index }))
    .filter(({ volume }) => volume["type"] === "volume" && volume["source"] !== undefined);
  checkNames(
    {
      names: named.map(({ volume, index }) => ({ name: textOf(volume["source"]), path: ["volumes", index] })),
      section: "volumes",
      what: "volume",
    },
    check,
  );
  const references = (value: Json | undefined, path: readonly string[]): Names["names"] =>
    objectsOf(value).map((reference, index) => ({ name: textOf(reference["source"]), path: [...path, index] }));
  checkNames(
    {
      names: references(isObject(build) ? build["secrets"] : undefined, ["build", "secrets"]),
      section: "secrets",
      what: "secret",
    },
    check,
  );
  checkNames({ names: references(service["configs"], ["configs"]), section: "configs", what: "config" }, check);
  checkNames({ names: references(service["secrets"], ["secrets"]), section: "secrets", what: "secret" }, check);
}

/** Limits that are said twice must agree; the old attributes and `deploy` mean the same. */
function checkLimits({ service, report }: Check): void {
  const deploy = service["deploy"];
  const scale = service["scale"];
  const replicas = isObject(deploy) ? deploy["replicas"] : undefined;
  if (isObject(deploy)) {
    if (scale !== undefined && replicas !== undefined && scale !== replicas)
      report(["scale"], "scale and deploy.replicas differ");
    if (scale !== undefined) service["deploy"] = { ...deploy, replicas: scale };
    const resources = isObject(deploy["resources"]) ? deploy["resources"] : {};
    for (const [key, section, other] of LIMITS) {
      const value = service[key];
      const set = resources[section];
      if (value === undefined || !isObject(set)) continue;
      if (value !== (set[other] ?? (typeof value === "string" ? "0" : 0)))
        report([key], `${key} and deploy.resources.${section}.${other} differ`);
    }
  }
  const count = scale ?? replicas ?? 1;
  if (typeof count === "number" && count > 1 && service["container_name"] !== undefined) {
    report(
      ["container_name"],
      `a container name is unique, but ${scale === undefined ? "deploy.replicas" : "scale"} asks for ${count} containers`,
    );
  }
}

const LIMITS = [
  ["cpus", "limits", "cpus"],
  ["mem_limit", "limits", "memory"],
  ["mem_reservation", "reservations", "memory"],
  ["pids_limit", "limits", "pids"],
] as const;

function checkWatch({ service, report }: Check): void {
  const develop = service["develop"];
  for (const [index, watch] of objectsOf(isObject(develop) ? develop["watch"] : undefined).entries()) {
    const action = watch["action"];
    if (watch["target"] === undefined && action !== "rebuild" && action !== "restart")
      report(["develop", "watch", index], `target is missing: where ${textOf(action)} puts the files`);
  }
}

function checkSecrets({ sections, tree, problems }: Consistency): void {
  for (const [name, secret] of entriesOf(sections.get("secrets"))) {
    if (
      !isObject(secret) ||
      secret["external"] === true ||
      secret["file"] !== undefined ||
      secret["environment"] !== undefined
    )
      continue;
    problems.add({
      message: "one of file, environment is missing",
      attribute: attributePath(["secrets", name]),
      place: keyPlace(treeAt(tree, ["secrets", name])),
    });
  }
}

/** Reports one way round for every group of services that wait for each other. */
function checkCycles({ selection, tree, problems }: Consistency): void {
  const done = new Set<string>();
  const reported = new Set<string>();
  for (const start of [...selection.enabled.keys()].toSorted()) {
    if (done.has(start)) continue;
    const path: { name: string; next: string[] }[] = [];
    const onPath = new Set<string>();
    const enter = (name: string): void => {
      const service = selection.enabled.get(name);
      path.push({
        name,
        next:
          service === undefined
            ? []
            : dependenciesOf(service)
                .map(([other]) => other)
                .toSorted()
                .reverse(),
      });
      onPath.add(name);
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next.pop();
      if (next === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (onPath.has(next)) {
        const circle = [...path.slice(path.findIndex((one) => one.name === next)).map((one) => one.name), next];
        if (reported.has(next)) continue;
        reported.add(next);
        const from = ["services", top.name, "depends_on", next];
        problems.add({
          message: `services wait for each other: ${circle.join(" -> ")}`,
          attribute: attributePath(from),
          place: keyPlace(treeAt(tree, from)),
        });
      } else if (!done.has(next)) enter(next);
    }
  }
}
