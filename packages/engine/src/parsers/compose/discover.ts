import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ParseOptions, ProjectFiles } from "../parser.ts";
import { readEnvFiles } from "./environment.ts";
import type { Session } from "./session.ts";

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

/** What a project is made of, before any of it is parsed. */
export interface Discovery {
  /** Absolute paths, in the order they are merged. */
  readonly files: readonly string[];
  /** The folder relative paths are relative to, absolute. */
  readonly projectDir: string;
  /** The process's variables and, weaker, those of the env files. */
  readonly env: Map<string, string>;
}

/** The Compose file of a folder, else of the nearest one above it, absolute; `undefined` when there is none. */
export function composeFileFrom(folder: string, files: ProjectFiles): string | undefined {
  for (let here = folder; ; here = posix.dirname(here)) {
    const [winner] = present(NAMES, here, files);
    if (winner !== undefined || posix.dirname(here) === here) return winner;
  }
}

/** Finds the project's files and variables. @throws CiloError `FILE_NOT_FOUND`, `PROJECT_INVALID` */
export function discover(options: ParseOptions, session: Session): Discovery {
  const env = new Map(Object.entries(options.env));
  // The first look finds an env file, which may name other Compose files; then that project's own env file counts too.
  look(options, { env, session });
  const { files, projectDir } = look(options, { env, session });
  if (files.length > 0) return { files, projectDir, env };
  throw new CiloError(EngineCode.projectNotDetected, `There is no Compose file in ${options.workingDir} or above it`, {
    hint: "Name one with -f FILE",
  });
}

interface Looking {
  readonly env: Map<string, string>;
  readonly session: Session;
}

/** The files and the folder that the variables so far lead to; adds the variables of the env files there. */
function look(options: ParseOptions, { env, session }: Looking): { files: readonly string[]; projectDir: string } {
  const here = options.workingDir;
  const given =
    options.projectDirectory === undefined || options.projectDirectory === ""
      ? undefined
      : posix.resolve(here, options.projectDirectory);
  const named = (options.projectFiles ?? []).map((file) => localFile(file, here));
  const chosen = named.length > 0 ? named : fromVariable(env, here);
  const files = chosen.length > 0 ? chosen : byName(given ?? here, session);
  const projectDir = given ?? (files[0] === undefined ? here : posix.dirname(files[0]));
  readEnvFiles(env, envFiles(options, { folder: projectDir, session }), session);
  return { files, projectDir };
}

function localFile(file: string, folder: string): string {
  if (file === "-")
    throw new CiloError(EngineCode.projectInvalid, "A Compose file cannot be read from standard input", {
      hint: "Write it to a file and name that",
    });
  if (isRemote(file)) {
    throw new CiloError(EngineCode.projectInvalid, `${file} is elsewhere; only files on this machine are read`, {
      hint: "Copy it into the project and name that",
    });
  }
  return posix.resolve(folder, file);
}

/** True for what Compose would fetch: a git repository or an OCI artifact. */
export function isRemote(path: string): boolean {
  return /^(?:oci|git|https?|ssh):\/\//u.test(path) || /^(?:git@|github\.com\/)/u.test(path);
}

function fromVariable(env: ReadonlyMap<string, string>, folder: string): string[] {
  const value = env.get("COMPOSE_FILE");
  if (value === undefined) return [];
  const separator = env.get("COMPOSE_PATH_SEPARATOR") ?? "";
  return value.split(separator === "" ? ":" : separator).map((file) => localFile(file, folder));
}

/** The Compose file of the nearest folder upward that has one, and its override. */
function byName(start: string, session: Session): string[] {
  for (let folder = start; ; folder = posix.dirname(folder)) {
    const [winner, ...others] = present(NAMES, folder, session.files);
    if (winner !== undefined) {
      if (others.length > 0) session.warn(`${folder} has several Compose files; ${posix.basename(winner)} is used`);
      const [override, ...more] = present(OVERRIDES, folder, session.files);
      if (override !== undefined && more.length > 0)
        session.warn(`${folder} has several override files; ${posix.basename(override)} is used`);
      return override === undefined ? [winner] : [winner, override];
    }
    if (posix.dirname(folder) === folder) return [];
  }
}

function present(names: readonly string[], folder: string, files: ProjectFiles): string[] {
  return names.map((name) => posix.join(folder, name)).filter((path) => files.kind(path) !== undefined);
}

function envFiles(options: ParseOptions, { folder, session }: { folder: string; session: Session }): string[] {
  const named =
    options.envFiles !== undefined && options.envFiles.length > 0
      ? options.envFiles
      : (options.env["COMPOSE_ENV_FILES"] ?? "").split(",").filter((file) => file !== "");
  if (named.length > 0) return named.map((file) => posix.resolve(options.workingDir, file));
  if (isTrue("COMPOSE_DISABLE_ENV_FILE", options.env)) return [];
  const standard = posix.join(folder, ".env");
  const kind = session.files.kind(standard);
  return kind === undefined || kind === "folder" ? [] : [standard];
}

function isTrue(name: string, env: ParseOptions["env"]): boolean {
  const value = env[name];
  if (value === undefined) return false;
  if (/^(?:1|t|T|true|TRUE|True)$/u.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/u.test(value)) return false;
  throw new CiloError(EngineCode.projectInvalid, `${name} is ${JSON.stringify(value)}, neither true nor false`);
}
