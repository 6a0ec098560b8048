import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { type JsonObject, put } from "./bind.ts";
import { DotenvFault, parseDotenv } from "./dotenv.ts";
import type { Report } from "./problems.ts";
import { type Session, UnreadableFile, missingFile } from "./session.ts";
import { type Lookup, RequiredFault, TemplateFault } from "./template.ts";

/** An env file that cannot be used. */
export class EnvFileFault extends Error {
  readonly path: string;
  readonly line: number | undefined;
  constructor(path: string, message: string, line?: number) {
    super(message);
    this.path = path;
    this.line = line;
  }
}

/**
 * Adds the variables of the files to `env`, where those that are there stay; a later file wins over an earlier one.
 * @throws CiloError `FILE_NOT_FOUND`, `PROJECT_INVALID`
 */
export function readEnvFiles(env: Map<string, string>, paths: readonly string[], session: Session): void {
  try {
    for (const [key, value] of variablesOf(env, paths, session)) {
      if (key === "" || key.includes("=") || key.includes("\0") || value.includes("\0"))
        throw new EnvFileFault(paths.at(-1) ?? "", unusable(key));
      if (!env.has(key)) env.set(key, value);
    }
  } catch (error) {
    if (error instanceof UnreadableFile) throw missingFile(error);
    if (error instanceof EnvFileFault) throw envFileError(error);
    throw error;
  }
}

function unusable(key: string): string {
  if (key === "") return "a variable has no name; a last line that is only a name needs a line break";
  return `the variable ${JSON.stringify(key)} cannot be set: it holds a NUL`;
}

/** The variables of env files that are read one after the other. @throws UnreadableFile, EnvFileFault */
export function variablesOf(
  env: ReadonlyMap<string, string>,
  paths: readonly string[],
  session: Session,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const variables = readEnvFile(path, { session, lookup: (name) => env.get(name) ?? found.get(name) });
    for (const [key, value] of variables) found.set(key, value);
  }
  return found;
}

/** One env file. @throws UnreadableFile, EnvFileFault */
function readEnvFile(
  path: string,
  { session, lookup, format }: { session: Session; lookup: Lookup; format?: string },
): Map<string, string> {
  const variables = new Map<string, string>();
  const content = session.text(path);
  if (format !== undefined && format !== "" && format !== ".env")
    throw new EnvFileFault(
      path,
      `${JSON.stringify(format)} is no format of an env file that the reference knows; leave it out`,
    );
  try {
    parseDotenv(content, {
      lookup,
      into: variables,
      onUnset: (name) => session.warn(`the variable ${name} is not set; it is taken as empty`),
    });
  } catch (error) {
    if (error instanceof DotenvFault) throw new EnvFileFault(path, error.message, error.line);
    if (error instanceof TemplateFault || error instanceof RequiredFault) throw new EnvFileFault(path, error.message);
    throw error;
  }
  return variables;
}

function envFileError(fault: EnvFileFault): CiloError {
  return new CiloError(EngineCode.projectInvalid, "An env file has a problem", { problems: [envFileProblem(fault)] });
}

function envFileProblem(fault: EnvFileFault): { message: string; file: string; line?: number } {
  return { message: fault.message, file: fault.path, ...(fault.line === undefined ? {} : { line: fault.line }) };
}

/** How the fault of an env file reads in a list of a project's problems. */
export function envFileReport(fault: EnvFileFault | UnreadableFile): Pick<Report, "message"> {
  if (fault instanceof UnreadableFile) return { message: fault.message };
  return { message: `${fault.path}${fault.line === undefined ? "" : `:${fault.line}`}: ${fault.message}` };
}

export interface ServiceEnvironment {
  readonly session: Session;
  readonly env: ReadonlyMap<string, string>;
}

/** The service's variables: its env files in order, then `environment`; a null takes the project's value. Changes it. */
export function resolveEnvironment(service: JsonObject, { session, env }: ServiceEnvironment): void {
  const collected = new Map<string, string>();
  const lookup: Lookup = (name) => collected.get(name) ?? env.get(name);
  for (const file of listOf(service["env_file"])) {
    const { path, required, format } = envFileOf(file);
    if (!required && (path === "" || session.files.kind(path) === undefined)) continue;
    for (const [key, value] of readEnvFile(path, { session, lookup, format })) collected.set(key, value);
  }
  delete service["env_file"];
  const result: JsonObject = {};
  for (const [key, value] of collected) put(result, key, value);
  for (const [key, value] of entriesOf(service["environment"]))
    put(result, key, value === null ? (env.get(key) ?? null) : value);
  if (Object.keys(result).length > 0) service["environment"] = result;
  else delete service["environment"];
}

/** The service's labels: its label files in order, then `labels`. Changes it. */
export function resolveLabels(service: JsonObject, session: Session): void {
  const collected = new Map<string, string>();
  for (const path of listOf(service["label_file"])) {
    if (typeof path !== "string") continue;
    for (const [key, value] of readEnvFile(path, { session, lookup: (name) => collected.get(name) }))
      collected.set(key, value);
  }
  delete service["label_file"];
  if (collected.size === 0) return;
  const result: JsonObject = {};
  for (const [key, value] of collected) put(result, key, value);
  for (const [key, value] of entriesOf(service["labels"])) put(result, key, value);
  service["labels"] = result;
}

function envFileOf(value: unknown): { path: string; required: boolean; format: string } {
  const entry = new Map(entriesOf(value));
  const path = entry.get("path");
  const format = entry.get("format");
  return {
    path: typeof path === "string" ? path : "",
    required: entry.get("required") === true,
    format: typeof format === "string" ? format : "",
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entriesOf(value: unknown): [string, JsonObject[string]][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
