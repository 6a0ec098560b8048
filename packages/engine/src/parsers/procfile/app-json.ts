import { createHash } from "node:crypto";
import { posix } from "node:path";
import { type Problem } from "@cilo/base";
import { type JsonObject, type Source, isObject, readSource } from "../devcontainer/read.ts";
import type { ProjectFiles } from "../parser.ts";
import { invalid } from "./project.ts";
import { APP_JSON } from "./support.ts";

export interface WantedAddon {
  /** Without its plan. */
  readonly vendor: string;
  /** Prefix of its variables. */
  readonly as?: string;
  readonly version?: string;
}

export interface AppJson {
  /** Absolute; absent where there is none. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Variables the app needs and nothing gives a value. */
  readonly missing: readonly string[];
  readonly addons: readonly WantedAddon[];
  /** Processes that are not started. */
  readonly stopped: ReadonlySet<string>;
  readonly postdeploy?: string;
  readonly buildpacks: readonly string[];
  /** Members that nobody knows. */
  readonly unknown: readonly string[];
}

const NONE: AppJson = { env: {}, missing: [], addons: [], stopped: new Set(), buildpacks: [], unknown: [] };

interface Reading {
  readonly source: Source;
  readonly problems: Problem[];
}

/**
 * What `app.json` says; `scalingo.json` where there is only that. `outside` has values of variables it names without one.
 * @throws CiloError `PROJECT_INVALID` with the places of wrong types
 */
export function readAppJson(
  folder: string,
  { files, outside }: { readonly files: ProjectFiles; readonly outside: Readonly<Record<string, string>> },
): AppJson {
  const file = ["app.json", "scalingo.json"]
    .map((name) => posix.join(folder, name))
    .find((path) => files.kind(path) === "file");
  if (file === undefined) return NONE;
  const source = readSource(file, files, posix.basename(file));
  const reading: Reading = { source, problems: [] };
  const { env, missing } = variablesOf(reading, outside);
  const postdeploy = section(reading, "scripts")["postdeploy"];
  const found: AppJson = {
    file,
    env,
    missing,
    unknown: Object.keys(source.value).filter((name) => !name.startsWith("$") && !Object.hasOwn(APP_JSON, name)),
    addons: entries(reading, "addons").flatMap(([path, value]) => addonOf(reading, path, value)),
    stopped: stoppedIn(reading),
    buildpacks: entries(reading, "buildpacks").flatMap(([, value]) =>
      isObject(value) && typeof value["url"] === "string" ? [value["url"]] : [],
    ),
    ...(typeof postdeploy === "string" ? { postdeploy } : {}),
  };
  if (reading.problems.length > 0) throw invalid(reading.problems);
  return found;
}

function section({ source, problems }: Reading, name: string): JsonObject {
  const value = source.value[name];
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  problems.push(source.problem([name], `${name} is an object`));
  return {};
}

type Path = readonly (string | number)[];

/** The entries of a list; a text alone is a list of one. */
function entries({ source, problems }: Reading, name: string): [Path, unknown][] {
  const value = source.value[name];
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [[[name], value]];
  if (Array.isArray(value)) return value.map((one, index) => [[name, index], one]);
  problems.push(source.problem([name], `${name} is a list`));
  return [];
}

function addonOf({ source, problems }: Reading, path: Path, value: unknown): WantedAddon[] {
  const plan = isObject(value) ? value["plan"] : value;
  if (typeof plan !== "string") {
    problems.push(source.problem(path, "an add-on is a text, or an object with a plan"));
    return [];
  }
  const as = isObject(value) ? value["as"] : undefined;
  const options = isObject(value) ? value["options"] : undefined;
  const said = isObject(options) ? options["version"] : undefined;
  const version = typeof said === "number" ? `${said}` : said;
  const wrong =
    as !== undefined && !(typeof as === "string" && /^[A-Za-z][A-Za-z0-9_]*$/u.test(as))
      ? "as"
      : version !== undefined && !(typeof version === "string" && /^[0-9][0-9A-Za-z.-]*$/u.test(version))
        ? "options"
        : undefined;
  if (wrong !== undefined) problems.push(source.problem([...path, wrong], `this is no ${wrong} of an add-on`));
  return [
    {
      vendor: plan.split(":")[0] ?? plan,
      ...(typeof as === "string" ? { as: as.toUpperCase() } : {}),
      ...(typeof version === "string" ? { version } : {}),
    },
  ];
}

function variablesOf(
  reading: Reading,
  outside: Readonly<Record<string, string>>,
): { readonly env: Record<string, string>; readonly missing: string[] } {
  const env: [string, string][] = [];
  const missing: string[] = [];
  for (const [name, entry] of Object.entries(section(reading, "env"))) {
    const value = isObject(entry) ? entry["value"] : entry;
    const isText = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name) || !(isText || (isObject(entry) && value === undefined)))
      reading.problems.push(reading.source.problem(["env", name], `${name} is a text, or an object with a value`));
    else if (outside[name] !== undefined) env.push([name, outside[name]]);
    else if (isText) env.push([name, String(value)]);
    else if (isObject(entry) && entry["generator"] === "secret") env.push([name, secret(reading.source.path, name)]);
    else if (!isObject(entry) || entry["required"] !== false) missing.push(name);
  }
  return { env: Object.fromEntries(env), missing };
}

/** The same each time the project is read, so that nothing is made anew for it; docs/adr/0110. */
function secret(file: string, name: string): string {
  return createHash("sha256").update(`cilo generated secret\0${file}\0${name}`).digest("hex");
}

function stoppedIn(reading: Reading): Set<string> {
  const stopped = new Set<string>();
  for (const [name, value] of Object.entries(section(reading, "formation"))) {
    const quantity = isObject(value) ? (value["quantity"] ?? value["amount"]) : undefined;
    if (quantity !== undefined && typeof quantity !== "number")
      reading.problems.push(reading.source.problem(["formation", name, "quantity"], "a quantity is a number"));
    if (quantity === 0) stopped.add(name);
  }
  return stopped;
}
