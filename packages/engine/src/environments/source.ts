import { realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { EnvironmentPaths } from "./home.ts";
import type { EnvironmentRecord } from "./record.ts";
import type { SourceLocation, Workspaces } from "./workspaces.ts";

/**
 * Where a project's files come from, given its folder.
 * @throws CiloError `FILE_NOT_FOUND` when there is no such folder
 */
export async function locateSource(folder: string, workspaces: Workspaces): Promise<SourceLocation> {
  if (!(await isFolder(folder)))
    throw new CiloError(EngineCode.fileNotFound, `there is no folder ${folder}`, {
      hint: "Name the project's folder: --from PATH",
    });
  return await workspaces.findSourceRoot(await realpath(folder));
}

/** The project folder in the source. */
export function sourceProjectDir(location: SourceLocation): string {
  return location.projectPath === "" ? location.sourceRoot : join(location.sourceRoot, location.projectPath);
}

/** The project folder in the environment's copy. */
export function workspaceProjectDir(paths: Pick<EnvironmentPaths, "workspace">, location: SourceLocation): string {
  return location.projectPath === "" ? paths.workspace : join(paths.workspace, location.projectPath);
}

/** True when both are copies of the same project folder. */
export function isSameSource(record: EnvironmentRecord, location: SourceLocation): boolean {
  return record.sourceRoot === location.sourceRoot && record.projectPath === location.projectPath;
}

/** True for a path below the folder, or the folder itself. Both absolute and real. */
export function isInside(folder: string, path: string): boolean {
  const place = relative(folder, path);
  return place === "" || (place !== ".." && !place.startsWith(`..${sep}`));
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return false;
    throw error;
  }
}

/** The folder that a config must lie in: with a guard, the one it is read from. */
export function confinedTo({ guard }: Pick<EnvironmentsDeps, "guard">, folder: string): { within?: string } {
  return guard === undefined ? {} : { within: folder };
}
