import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { detectProject } from "../parsers/detect.ts";
import { projectFiles } from "../parsers/project-files.ts";
import { CONFIG_PATH } from "./config-file.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located, UpRequest } from "./environments.ts";
import { isFolder, isInside, isSameSource, locateSource, sourceProjectDir } from "./source.ts";
import { fileWorkspaces } from "./file-workspaces.ts";
import type { SourceLocation } from "./workspaces.ts";

/**
 * The project that `up` means: the one named, else that of the environment of this name, else the current folder's.
 * In the folder of another project, a name that is taken is a clash and not a wish to go there.
 *
 * @throws CiloError `NAME_TAKEN` naming the other project, `FILE_NOT_FOUND`
 */
export async function chooseSource(
  deps: EnvironmentsDeps,
  request: UpRequest,
  found: Located | undefined,
): Promise<SourceLocation> {
  const workspaces = deps.workspaces ?? fileWorkspaces;
  if (found === undefined) return await locateSource(await askedFolder(deps, request), workspaces);
  const { record } = found;
  if (request.from === undefined && !(await isOtherProject(deps, request.workingDir))) return record;
  const asked = await locateSource(await askedFolder(deps, request), workspaces);
  if (isSameSource(record, asked)) return record;
  throw new CiloError(
    EngineCode.nameTaken,
    `the name ${record.environment} is taken by project ${record.project}, made from ${sourceProjectDir(record)}`,
    { hint: `Choose another name, or remove that one first: cilo destroy ${record.environment}` },
  );
}

/**
 * The folder of the project that is asked for: of the one that the named or current folder is or lies in. Where files
 * are named, it is the folder they are named from.
 */
async function askedFolder(deps: EnvironmentsDeps, { from, workingDir, options }: UpRequest): Promise<string> {
  const folder = from ?? workingDir;
  const isGiven = (options.files ?? []).length > 0 || !(await isFolder(folder));
  return isGiven ? folder : (projectFolder(deps, await realpath(folder), options.format) ?? folder);
}

/** The nearest folder upwards that a format or a config of ours makes a project's. */
function projectFolder(deps: EnvironmentsDeps, folder: string, format?: string): string | undefined {
  const files = projectFiles();
  const isConfigured = (place: string): boolean => files.kind(join(place, CONFIG_PATH)) === "file";
  const found = [upwards(folder).find(isConfigured), detectedFolder(deps, folder, format)];
  return found.filter((place) => place !== undefined).sort((a, b) => b.length - a.length)[0];
}

function upwards(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))];
}

function detectedFolder({ parsers }: EnvironmentsDeps, workingDir: string, format?: string): string | undefined {
  try {
    return detectProject({ parsers, workingDir, files: projectFiles(), ...(format === undefined ? {} : { format }) })
      .folder;
  } catch (error) {
    if (isCiloError(error, EngineCode.projectNotDetected)) return undefined;
    throw error;
  }
}

/** Whether a folder is, or lies in, a project of its own, and not a part of Cilo's home. */
async function isOtherProject(deps: EnvironmentsDeps, folder: string): Promise<boolean> {
  const workingDir = await realpath(folder);
  return !isInside(await realpath(deps.home.root), workingDir) && projectFolder(deps, workingDir) !== undefined;
}
