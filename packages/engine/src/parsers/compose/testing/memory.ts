import { posix } from "node:path";
import { type Problem, isCiloError } from "@cilo/base";
import type { EnvironmentSpec } from "../../../spec/spec.ts";
import type { ParseOptions, ProjectFiles } from "../../parser.ts";
import { composeParser } from "../compose-parser.ts";

/** A file system of the given files (by path from /p) and of what was asked of it. */
export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
): ProjectFiles & { readonly reads: string[] } {
  const contents = new Map(Object.entries(files).map(([path, content]) => [posix.resolve("/p", path), content]));
  const reads: string[] = [];
  const isFolder = (path: string): boolean =>
    path === "/" || [...contents.keys()].some((file) => file.startsWith(`${path}/`));
  return {
    reads,
    read(path) {
      reads.push(path);
      const content = contents.get(path);
      if (content !== undefined) return typeof content === "string" ? new TextEncoder().encode(content) : content;
      const code = isFolder(path) ? "EISDIR" : "ENOENT";
      throw Object.assign(new Error(`${code}: ${path}`), { code });
    },
    kind: (path) => (contents.has(path) ? "file" : isFolder(path) ? "folder" : undefined),
    realPath: (path) => path,
    list: (folder) => namesBelow(folder, [...contents.keys()]),
  };
}

export type ProjectOptions = Partial<Omit<ParseOptions, "files">>;

/** Parses a project in /p; one text is its compose.yaml. */
export function parseProject(
  files: string | Readonly<Record<string, string | Uint8Array>>,
  options: ProjectOptions = {},
): EnvironmentSpec {
  const all = typeof files === "string" ? { "compose.yaml": files } : files;
  return composeParser.parse({ env: { HOME: "/home/me" }, workingDir: "/p", ...options, files: memoryFiles(all) });
}

/** What is wrong with a project that must be refused. */
export function problemsOf(
  files: string | Readonly<Record<string, string | Uint8Array>>,
  options: ProjectOptions = {},
): readonly Problem[] {
  try {
    parseProject(files, options);
  } catch (error) {
    if (!isCiloError(error)) throw error;
    return error.problems.length > 0
      ? error.problems
      : [{ message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }];
  }
  throw new Error("the project was not refused");
}

function namesBelow(folder: string, paths: readonly string[]): string[] {
  const below = paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
  return [...new Set(below.flatMap((path) => path.split("/").slice(0, 1)))];
}
