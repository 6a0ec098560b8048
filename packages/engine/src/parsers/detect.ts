import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Parser, ProjectFiles } from "./parser.ts";

export interface DetectRequest {
  /** In the order they are asked. */
  readonly parsers: readonly Parser[];
  /** Absolute. */
  readonly workingDir: string;
  readonly files: ProjectFiles;
  /** `--format`: this one and no other. */
  readonly format?: string;
}

export interface Detected {
  readonly parser: Parser;
  /** The file that makes the folder a project of that format, absolute; absent when the format was named and none is there. */
  readonly file: string | undefined;
  /** The project's folder: `workingDir` or one above it, absolute. */
  readonly folder: string;
  /** Other formats the folder has too, with their files. */
  readonly passedOver: readonly { readonly format: string; readonly file: string }[];
}

/**
 * The parser for a folder: the named one, else the first that knows it or, when none does, the nearest folder above it
 * that one knows.
 * @throws CiloError `PROJECT_NOT_DETECTED`
 */
export function detectProject({ parsers, workingDir, files, format }: DetectRequest): Detected {
  const found = parsers.flatMap((parser) => {
    const file = parser.detect(workingDir, files);
    return file === undefined ? [] : [{ parser, file, folder: folderOf(workingDir, file) }];
  });
  const nearest = Math.max(...found.map(({ folder }) => folder.length));
  const chosen =
    format === undefined
      ? found.find(({ folder }) => folder.length === nearest)
      : named(parsers, format, { found, workingDir });
  if (chosen === undefined) {
    const known = parsers.map((parser) => parser.format).join(", ");
    throw new CiloError(
      EngineCode.projectNotDetected,
      format === undefined
        ? `${workingDir} is no project of a known format (${known})`
        : `${JSON.stringify(format)} is no known format (${known})`,
      {
        hint: format === undefined ? "Name the folder with --from PATH, or a file with -f FILE" : "Use one of these",
      },
    );
  }
  const passedOver = found
    .filter((one) => one.parser !== chosen.parser && one.folder === chosen.folder)
    .map((one) => ({ format: one.parser.format, file: one.file }));
  return { ...chosen, passedOver };
}

/**
 * The parser that a project is read with: files that are named (`namesFiles`, or by `COMPOSE_FILE` in the folder's
 * `.env`) are Compose files wherever they lie; otherwise {@link detectProject} says.
 * @throws CiloError `PROJECT_NOT_DETECTED`
 */
export function chooseParser(request: DetectRequest & { readonly namesFiles: boolean }): Detected {
  const { parsers, workingDir, files } = request;
  const format = request.format ?? (request.namesFiles ? "compose" : undefined);
  try {
    return detectProject({ parsers, workingDir, files, ...(format === undefined ? {} : { format }) });
  } catch (error) {
    const compose = parsers.find((parser) => parser.format === "compose");
    const mayNameFiles = files.kind(posix.join(workingDir, ".env")) === "file";
    if (format !== undefined || compose === undefined || !mayNameFiles) throw error;
    return { parser: compose, file: undefined, folder: workingDir, passedOver: [] };
  }
}

/** The folder at or above `workingDir` that the file lies in. */
function folderOf(workingDir: string, file: string): string {
  let folder = workingDir;
  while (posix.dirname(folder) !== folder && !file.startsWith(`${folder}/`)) folder = posix.dirname(folder);
  return folder;
}

type Found = Pick<Detected, "parser" | "file" | "folder">;

function named(
  parsers: readonly Parser[],
  format: string,
  { found, workingDir }: { readonly found: readonly Found[]; readonly workingDir: string },
): Found | undefined {
  const parser = parsers.find((one) => one.format === format);
  if (parser === undefined) return undefined;
  return found.find((one) => one.parser === parser) ?? { parser, file: undefined, folder: workingDir };
}
