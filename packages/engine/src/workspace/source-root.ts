import { lstat, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";

export interface SourceRoot {
  /** Real absolute path of the folder to copy. */
  readonly sourceRoot: string;
  /** The project folder relative to it; `""` when it is the same. */
  readonly projectPath: string;
}

/**
 * What is copied for a project: the top level of the git work tree it lies in (of a linked work tree or submodule: its
 * own), else the project folder itself. Needs no git.
 *
 * @throws CiloError `FILE_NOT_FOUND` when there is no such folder
 */
export async function findSourceRoot(projectDir: string): Promise<SourceRoot> {
  const project = await realFolder(projectDir);
  for (let folder = project; ; folder = dirname(folder)) {
    if (await isWorkTreeTop(folder)) return { sourceRoot: folder, projectPath: relative(folder, project) };
    if (dirname(folder) === folder) return { sourceRoot: project, projectPath: "" };
  }
}

async function realFolder(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "ENOTDIR")) throw cause;
  }
  throw new CiloError(EngineCode.fileNotFound, `there is no folder ${path}`);
}

/** `.git` is a repository's folder, a link to one, or a file that names one, as git itself decides it. */
async function isWorkTreeTop(folder: string): Promise<boolean> {
  const dotGit = join(folder, ".git");
  try {
    if ((await lstat(dotGit)).isFile()) return /^gitdir: \S/u.test(await readFile(dotGit, "utf8"));
    await stat(join(dotGit, "HEAD"));
    return (await stat(join(dotGit, "objects"))).isDirectory();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return false;
    throw error;
  }
}
