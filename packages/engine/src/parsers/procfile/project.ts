import { posix } from "node:path";
import { CiloError, isErrno, type Problem } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ProjectFiles } from "../parser.ts";

/** The files of one project, by their names in its folder. What cannot be read as text is as if it were not there. */
export interface Project {
  /** Absolute. */
  readonly folder: string;
  has(name: string): boolean;
  text(name: string): string | undefined;
  /** Names in a folder below, sorted. */
  list(folder: string): readonly string[];
}

export function projectIn(folder: string, files: ProjectFiles): Project {
  return {
    folder,
    has: (name) => files.kind(posix.join(folder, name)) === "file",
    text: (name) => {
      const path = posix.join(folder, name);
      return files.kind(path) === "file" ? textOf(path, files) : undefined;
    },
    list: (name) => files.list(posix.join(folder, name)).toSorted(),
  };
}

/**
 * A file's text; a byte order mark and line ends of Windows are taken away.
 * @throws CiloError `FILE_NOT_FOUND`, `PROJECT_INVALID`
 */
export function textOf(path: string, files: ProjectFiles): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(files.read(path)).replaceAll("\r\n", "\n");
  } catch (cause) {
    if (cause instanceof TypeError) throw invalid([{ message: `${path} is not UTF-8 text`, file: path }]);
    if (!isErrno(cause)) throw cause;
    throw new CiloError(EngineCode.fileNotFound, `${path} cannot be read (${cause.code})`, { cause });
  }
}

/** The error for problems of one Procfile project. */
export function invalid(problems: readonly Problem[]): CiloError {
  const [only, ...more] = problems;
  const message =
    only !== undefined && more.length === 0 ? only.message : `The Procfile project has ${problems.length} problems`;
  return new CiloError(EngineCode.projectInvalid, message, { problems: [...problems] });
}
