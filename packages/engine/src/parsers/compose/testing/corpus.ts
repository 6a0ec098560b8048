import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { isCiloError } from "@cilo/base";
import type { EnvironmentSpec } from "../../../spec/spec.ts";
import type { ParseOptions } from "../../parser.ts";
import { projectFiles } from "../../project-files.ts";
import { composeParser } from "../compose-parser.ts";
import { printCompose } from "../print.ts";

/** The conformance corpus beside the repository: real projects with what the reference says of each. */
const CORPUS: string = resolve(import.meta.dirname, "../../../../../../../shared/compose-corpus");

/** Cases the corpus has; an absent corpus is told by this number. */
export const CORPUS_SIZE = 691;

const HOME = "/nonexistent/home";

export interface CorpusCase {
  readonly group: string;
  readonly name: string;
  /** Absolute path of the project. */
  readonly dir: string;
  readonly args: readonly string[];
  readonly services: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The reference refuses it. */
  readonly refused: boolean;
}

/** The cases of the corpus; none when it is not there. */
export function corpusCases(): CorpusCase[] {
  if (!existsSync(CORPUS)) return [];
  return folders(CORPUS).flatMap((group) =>
    folders(join(CORPUS, group)).map((name) => {
      const dir = join(CORPUS, group, name);
      const about = new Map(Object.entries(readJson(join(dir, "case.json"))));
      const env = Object.entries(about.get("env") ?? {}).map(([key, value]) => [key, String(value)] as const);
      return {
        group,
        name,
        dir,
        args: texts(about.get("args")),
        services: texts(about.get("services")),
        env: Object.fromEntries(env),
        refused: about.get("outcome") === "error",
      };
    }),
  );
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

function readJson(path: string): object {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof value !== "object" || value === null) throw new Error(`${path} is no object`);
  return value;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What the loader is given for a case: the command line and the environment the reference had. */
export function optionsOf(one: Pick<CorpusCase, "dir" | "args" | "services" | "env">): ParseOptions {
  const projectFilesNamed: string[] = [];
  const profiles: string[] = [];
  const envFiles: string[] = [];
  const single = new Map<string, string>();
  for (let index = 0; index < one.args.length; index += 2) {
    const flag = one.args[index] ?? "";
    const value = one.args[index + 1] ?? "";
    if (flag === "-f") projectFilesNamed.push(value);
    else if (flag === "--profile") profiles.push(value);
    else if (flag === "--env-file") envFiles.push(value);
    else single.set(flag, value);
  }
  const directory = single.get("--project-directory");
  const name = single.get("-p");
  return {
    files: projectFiles(),
    env: { PATH: "/usr/bin:/bin", HOME, PWD: one.dir, ...one.env },
    workingDir: one.dir,
    projectFiles: projectFilesNamed,
    profiles,
    envFiles,
    services: one.services,
    ...(directory === undefined ? {} : { projectDirectory: directory }),
    ...(name === undefined ? {} : { projectName: name }),
  };
}

/** The loader's result, or the error it refused the project with. Anything else it throws is a bug and comes through. */
export function load(
  options: ParseOptions,
): { readonly spec: EnvironmentSpec; readonly printed: unknown } | { readonly refusal: Error } {
  try {
    const spec = composeParser.parse(options);
    return { spec, printed: printCompose(spec) };
  } catch (error) {
    if (isCiloError(error)) return { refusal: error };
    throw error;
  }
}

/** What is different from the reference, or `undefined`. */
export function verdict(one: CorpusCase): string | undefined {
  const result = load(optionsOf(one));
  if (one.refused) return "refusal" in result ? undefined : "must be refused, but was not";
  if ("refusal" in result) return `was refused: ${JSON.stringify(result.refusal)}`;
  return difference(readJson(join(one.dir, "expected.json")), result.printed, one.dir);
}

/** The first difference between two printed projects, by the corpus's own rules (its README, normalisations 1 to 3). */
export function difference(expected: unknown, printed: unknown, dir: string): string | undefined {
  const got: unknown = JSON.parse(JSON.stringify(printed));
  return firstDifference(normalise(expected, dir, []), normalise(got, dir, []), []);
}

const SECTIONS = ["services", "networks", "volumes", "secrets", "configs"];

/** Members of these maps are named by the user: there, null says "there". */
function keepsNull(path: readonly string[]): boolean {
  const [section = "", , attribute = "", member = ""] = path;
  if (path.some((key) => key.startsWith("x-"))) return true;
  if (path.length === 1) return SECTIONS.includes(section);
  if (section !== "services") return false;
  if (path.length === 3) return ["networks", "environment", "labels", "depends_on"].includes(attribute);
  return path.length === 4 && attribute === "build" && member === "args";
}

function normalise(value: unknown, dir: string, path: readonly string[]): unknown {
  if (typeof value === "string") return value.replaceAll(dir, "<PROJECT>").replaceAll(HOME, "<HOME>");
  if (Array.isArray(value)) return value.map((item, index) => normalise(item, dir, [...path, String(index)]));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null || keepsNull(path));
  return Object.fromEntries(
    members.map(([key, member]) => [key.replaceAll(dir, "<PROJECT>"), normalise(member, dir, [...path, key])]),
  );
}

function firstDifference(expected: unknown, got: unknown, path: readonly string[]): string | undefined {
  if (isObject(expected) && isObject(got) && Array.isArray(expected) === Array.isArray(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)].toSorted());
    for (const key of keys) {
      const found = firstDifference(Reflect.get(expected, key), Reflect.get(got, key), [...path, key]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(expected, got)
    ? undefined
    : `${path.join(".")}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
