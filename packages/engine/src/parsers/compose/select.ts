import type { Json, JsonObject } from "./bind.ts";

/** Services by name; a disabled one is known but not run. */
export interface Selection {
  readonly enabled: Map<string, JsonObject>;
  readonly disabled: Map<string, JsonObject>;
}

/** Sorts services by whether one of their profiles is active; without profiles they always are. */
export function byProfiles(services: Iterable<readonly [string, JsonObject]>, active: readonly string[]): Selection {
  const selection: Selection = { enabled: new Map(), disabled: new Map() };
  for (const [name, service] of services) {
    const profiles = textsOf(service["profiles"]);
    const runs = profiles.length === 0 || active.includes("*") || profiles.some((profile) => active.includes(profile));
    (runs ? selection.enabled : selection.disabled).set(name, service);
  }
  return selection;
}

/** Activates the profiles of services that were asked for by name. */
export function withServices(
  selection: Selection,
  { names, active }: { names: readonly string[]; active: readonly string[] },
): Selection {
  const more = names.flatMap((name) =>
    selection.enabled.has(name) ? [] : textsOf(selection.disabled.get(name)?.["profiles"]),
  );
  return more.length === 0
    ? selection
    : byProfiles([...selection.enabled, ...selection.disabled], [...active, ...more]);
}

/** The named services and what they depend on. A name that is not there is the answer instead. */
export function closure(
  selection: Selection,
  names: readonly string[],
): Map<string, JsonObject> | { readonly missing: string } {
  const wanted = new Set<string>();
  const queue = names.map((name) => ({ name, required: true }));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (wanted.has(next.name)) continue;
    const service = selection.enabled.get(next.name);
    if (service === undefined) {
      if (next.required) return { missing: next.name };
      continue;
    }
    wanted.add(next.name);
    for (const [name, dependency] of dependenciesOf(service))
      queue.push({ name, required: dependency["required"] === true });
  }
  const chosen = new Map<string, JsonObject>();
  for (const [name, service] of selection.enabled)
    if (wanted.has(name)) chosen.set(name, keepDependencies(service, wanted));
  return chosen;
}

function keepDependencies(service: JsonObject, wanted: ReadonlySet<string>): JsonObject {
  const kept = dependenciesOf(service).filter(([name]) => wanted.has(name));
  const { depends_on: _, ...rest } = service;
  return kept.length === 0 ? rest : { ...rest, depends_on: Object.fromEntries(kept) };
}

export function dependenciesOf(service: JsonObject): [string, JsonObject][] {
  return entriesOf(service["depends_on"]).flatMap(([name, value]) => (isObject(value) ? [[name, value]] : []));
}

/** What of the project's resources the services use. */
export function usedResources(
  services: Iterable<JsonObject>,
): Record<"networks" | "volumes" | "secrets" | "configs" | "models", ReadonlySet<string>> {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    secrets: new Set<string>(),
    configs: new Set<string>(),
    models: new Set<string>(),
  };
  for (const service of services) {
    for (const [name] of entriesOf(service["networks"])) used.networks.add(name);
    for (const [name] of entriesOf(service["models"])) used.models.add(name);
    for (const volume of objectsOf(service["volumes"])) {
      if (volume["type"] === "volume" && typeof volume["source"] === "string") used.volumes.add(volume["source"]);
    }
    const build = service["build"];
    const secrets = [...objectsOf(service["secrets"]), ...objectsOf(isObject(build) ? build["secrets"] : undefined)];
    for (const secret of secrets) if (typeof secret["source"] === "string") used.secrets.add(secret["source"]);
    for (const config of objectsOf(service["configs"]))
      if (typeof config["source"] === "string") used.configs.add(config["source"]);
  }
  return used;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function entriesOf(value: Json | undefined): [string, Json][] {
  return isObject(value) ? Object.entries(value) : [];
}

export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
