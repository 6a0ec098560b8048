import { realpath } from "node:fs/promises";
import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { detectProject } from "../parsers/detect.ts";
import { projectFiles } from "../parsers/project-files.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located, UpRequest } from "./environments.ts";
import { isInside, isSameSource, locateSource, sourceProjectDir } from "./source.ts";
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
  if (found === undefined) return await locateSource(request.from ?? request.workingDir, workspaces);
  const { record } = found;
  if (request.from === undefined && !(await isOtherProject(deps, request.workingDir))) return record;
  const asked = await locateSource(request.from ?? request.workingDir, workspaces);
  if (isSameSource(record, asked)) return record;
  throw new CiloError(
    EngineCode.nameTaken,
    `the name ${record.environment} is taken by project ${record.project}, made from ${sourceProjectDir(record)}`,
    { hint: `Choose another name, or remove that one first: cilo destroy ${record.environment}` },
  );
}

/** Whether a folder is a project of its own, and not a part of Cilo's home. */
async function isOtherProject(deps: EnvironmentsDeps, folder: string): Promise<boolean> {
  const workingDir = await realpath(folder);
  if (isInside(await realpath(deps.home.root), workingDir)) return false;
  try {
    detectProject({ parsers: deps.parsers, workingDir, files: projectFiles() });
    return true;
  } catch (error) {
    if (isCiloError(error, EngineCode.projectNotDetected)) return false;
    throw error;
  }
}
