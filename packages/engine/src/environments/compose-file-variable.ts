import { realpath } from "node:fs/promises";
import type { Located, UpRequest } from "./environments.ts";
import { isFolder, sourceProjectDir } from "./source.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The request with the files that `COMPOSE_FILE` names, as if they had been named with `-f`: remembered, since later
 * commands may be called without the variable. Not where the environment's project is not the current folder's, whose
 * variable it is.
 */
export async function withComposeFile<Request extends UpRequest>(
  request: Request,
  env: Environment,
  found: Located | undefined,
): Promise<Request> {
  const { options, from, workingDir } = request;
  const files = composeFileOf(env);
  const isOther = options.files !== undefined || (options.format ?? "compose") !== "compose";
  if (files.length === 0 || isOther || !(await isProjectOf(from ?? workingDir, found))) return request;
  return { ...request, options: { ...options, files } };
}

async function isProjectOf(folder: string, found: Located | undefined): Promise<boolean> {
  if (found === undefined) return true;
  return (await isFolder(folder)) && (await realpath(folder)) === sourceProjectDir(found.record);
}

function composeFileOf(env: Environment): string[] {
  return (env["COMPOSE_FILE"] ?? "").split(env["COMPOSE_PATH_SEPARATOR"] || ":").filter((file) => file !== "");
}

/** The variables without those: what they name is in the options by now. */
export function withoutComposeFile(env: Readonly<Record<string, string>>): Record<string, string> {
  const { COMPOSE_FILE: _, COMPOSE_PATH_SEPARATOR: __, ...others } = env;
  return others;
}
