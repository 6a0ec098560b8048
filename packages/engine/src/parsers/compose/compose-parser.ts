import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { EnvironmentSpec } from "../../spec/spec.ts";
import type { ParseOptions, Parser } from "../parser.ts";
import { type JsonObject, bindStruct, put, toJson } from "./bind.ts";
import { checkConsistency } from "./consistency.ts";
import { type Discovery, composeFileFrom, discover } from "./discover.ts";
import { EnvFileFault, envFileReport, resolveEnvironment, resolveLabels } from "./environment.ts";
import { loadLevel } from "./load.ts";
import { normalise } from "./normalise.ts";
import { attributePath, keyPlace } from "./problems.ts";
import { projectName } from "./project-name.ts";
import { nearest } from "./schema/nearest.ts";
import { type Selection, byProfiles, closure, usedResources, withServices } from "./select.ts";
import { Session, UnreadableFile } from "./session.ts";
import { FILE_OBJECT, MODEL, NETWORK, SERVICE, type Struct, VOLUME } from "./shapes.ts";
import { type TreeMap, isNull, member } from "./tree.ts";

/** Reads Compose projects, meaning exactly what the reference means (docs/SUPPORTED_FORMATS.md). */
export const composeParser: Parser = {
  format: "compose",
  detect: composeFileFrom,
  parse: parseCompose,
};

const SECTIONS: ReadonlyMap<string, Struct> = new Map([
  ["networks", NETWORK],
  ["volumes", VOLUME],
  ["secrets", FILE_OBJECT],
  ["configs", FILE_OBJECT],
  ["models", MODEL],
]);

function parseCompose(options: ParseOptions): EnvironmentSpec {
  const session = new Session(options);
  const discovery = discover(options, session);
  const name = projectName(options, { discovery, session });
  discovery.env.set("COMPOSE_PROJECT_NAME", name);
  const project = load(discovery, session);
  normalise(project, { name, env: discovery.env });
  const sections = session.problems.beyond(() => bindSections(project, session));
  const active = activeProfiles(options, discovery);
  const selection = byProfiles(
    session.problems.beyond(() => bindServices(project, session)),
    active,
  );
  const names = options.services ?? [];
  const enabled = names.length === 0 ? selection : withServices(selection, { names, active });
  session.problems.beyond(() => {
    if (!session.incomplete) checkConsistency({ selection, sections, tree: project, problems: session.problems });
    resolveFiles(enabled, { project, session, discovery, active: selection });
  });
  session.problems.throwIfAny();
  const services = chooseServices(enabled, names);
  return toSpec({ name, discovery, enabled, services, sections, project, session });
}

function load(discovery: Discovery, session: Session): TreeMap {
  const project = loadLevel({
    session,
    files: discovery.files,
    dir: discovery.projectDir,
    base: discovery.projectDir,
    env: discovery.env,
    including: [],
  });
  if (project === undefined || project.entries.size === 0) {
    session.problems.throwIfAny();
    throw new CiloError(EngineCode.projectInvalid, "The Compose file is empty", {
      problems: [{ message: "this Compose file is empty", ...fileOf(discovery) }],
    });
  }
  return project;
}

function fileOf(discovery: Discovery): { file?: string } {
  const file = discovery.files[0];
  return file === undefined ? {} : { file };
}

function bindServices(project: TreeMap, session: Session): [string, JsonObject][] {
  const services = project.entries.get("services");
  if (services?.kind !== "map") return [];
  return [...services.entries].map(([name, service]) => {
    if (service.kind === "map")
      return [name, bindStruct(service, SERVICE, { path: ["services", name], problems: session.problems })];
    session.problems.add({
      message: "the service has neither image nor build",
      attribute: attributePath(["services", name]),
      place: keyPlace(service),
    });
    return [name, {}];
  });
}

function bindSections(project: TreeMap, session: Session): Map<string, JsonObject> {
  const sections = new Map<string, JsonObject>();
  for (const [key, struct] of SECTIONS) {
    const section = project.entries.get(key);
    if (section !== undefined && section.kind !== "map" && !isNull(section)) session.incomplete = true;
    if (section?.kind !== "map") continue;
    const bound: JsonObject = {};
    for (const [name, resource] of section.entries) {
      put(
        bound,
        name,
        resource.kind === "map" ? bindStruct(resource, struct, { path: [key, name], problems: session.problems }) : {},
      );
    }
    sections.set(key, bound);
  }
  return sections;
}

function activeProfiles(options: ParseOptions, { env }: Discovery): string[] {
  if (options.profiles !== undefined && options.profiles.length > 0) return [...options.profiles];
  return (env.get("COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim());
}

interface Resolving {
  readonly project: TreeMap;
  readonly session: Session;
  readonly discovery: Discovery;
  /** Services enabled without being asked for by name. */
  readonly active: Selection;
}

/** Env and label files of the services that run are read; of the others they need not even be there. */
function resolveFiles(selection: Selection, { project, session, discovery, active }: Resolving): void {
  const guard = (name: string, attribute: string, resolve: () => void): void => {
    try {
      resolve();
    } catch (error) {
      if (!(error instanceof EnvFileFault || error instanceof UnreadableFile)) throw error;
      const tree = member(member(member(project, "services"), name), attribute) ?? project;
      session.problems.add({
        ...envFileReport(error),
        attribute: attributePath(["services", name, attribute]),
        place: keyPlace(tree),
      });
    }
  };
  for (const [name, service] of selection.enabled) {
    guard(name, "env_file", () => resolveEnvironment(service, { session, env: discovery.env }));
    // As in the reference, a service that only its name enables keeps its label files unread.
    if (active.enabled.has(name)) guard(name, "label_file", () => resolveLabels(service, session));
  }
}

function chooseServices(selection: Selection, names: readonly string[]): ReadonlyMap<string, JsonObject> {
  if (names.length === 0) return selection.enabled;
  const chosen = closure(selection, names);
  if (chosen instanceof Map) return chosen;
  const near = nearest(chosen.missing, [...selection.enabled.keys()]);
  throw new CiloError(
    EngineCode.serviceNotFound,
    `There is no service ${JSON.stringify(chosen.missing)}`,
    near === undefined ? {} : { hint: `Did you mean ${near}?` },
  );
}

interface Parts {
  readonly name: string;
  readonly discovery: Discovery;
  /** Services whose resources stay, also when only some of them were asked for. */
  readonly enabled: Selection;
  readonly services: ReadonlyMap<string, JsonObject>;
  readonly sections: ReadonlyMap<string, JsonObject>;
  readonly project: TreeMap;
  readonly session: Session;
}

function toSpec({ name, discovery, enabled, services, sections, project, session }: Parts): EnvironmentSpec {
  const used = usedResources(enabled.enabled.values());
  const section = (key: keyof typeof used): JsonObject => {
    const kept: JsonObject = {};
    for (const [resource, value] of Object.entries(sections.get(key) ?? {}))
      if (used[key].has(resource)) put(kept, resource, value);
    return kept;
  };
  const other: JsonObject = {};
  for (const [key, value] of project.entries) if (key.startsWith("x-")) put(other, key, toJson(value));
  const models = section("models");
  if (Object.keys(models).length > 0) other["models"] = models;
  const [configs, secrets] = [section("configs"), section("secrets")];
  const spec = {
    specVersion: 1,
    name,
    source: "compose",
    projectDir: discovery.projectDir,
    files: [...discovery.files],
    services: Object.fromEntries(services),
    networks: section("networks"),
    volumes: section("volumes"),
    configs,
    secrets,
    ...namedVariables([configs, secrets], discovery.env),
    other,
    notices: session.warnings.map((message) => ({ code: "compose-warning", message })),
  };
  if (!isSpec(spec)) throw new Error("unreachable");
  return spec;
}

/** Values of the variables that `environment:` of configs and secrets names. */
function namedVariables(
  sections: readonly JsonObject[],
  env: ReadonlyMap<string, string>,
): { variables?: Record<string, string> } {
  const found = sections.flatMap(Object.values).flatMap((object): [string, string][] => {
    const name: unknown = object.environment;
    const value = typeof name === "string" ? env.get(name) : undefined;
    return typeof name === "string" && value !== undefined ? [[name, value]] : [];
  });
  return found.length === 0 ? {} : { variables: Object.fromEntries(found) };
}

/** The attribute types of shapes.ts are those of EnvironmentSpec; corpus.test.ts parses every result with its schema. */
function isSpec(spec: object): spec is EnvironmentSpec {
  return "specVersion" in spec;
}
