import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { posix } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { ProjectFiles } from "./parser.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The file system as parsers see it. With a mapping, paths inside `source` are read from `copy`, and answers are paths
 * of the source again; everything else is read where it is. A file over 64 MB, or a pipe nobody writes to, is refused.
 * With `within`, what does not really lie in one of those folders, links followed, is not there.
 */
export function projectFiles(
  mapping?: { readonly source: string; readonly copy: string },
  { within }: { readonly within?: readonly string[] } = {},
): ProjectFiles {
  const toCopy = (path: string): string => (mapping === undefined ? path : moved(path, mapping.source, mapping.copy));
  const toSource = (path: string): string =>
    mapping === undefined ? path : moved(path, realPathOf(mapping.copy), mapping.source);
  return {
    read: (path) => readBounded(toCopy(path), within),
    kind: (path) => (isWithin(realPathOf(toCopy(path)), within) ? kindOf(toCopy(path)) : undefined),
    realPath: (path) => toSource(realPathOf(toCopy(path))),
    list: (path) => (isWithin(realPathOf(toCopy(path)), within) ? namesIn(toCopy(path)) : []),
  };
}

function moved(path: string, from: string, to: string): string {
  if (path === from) return to;
  const folder = from.endsWith("/") ? from : `${from}/`;
  return path.startsWith(folder) ? posix.join(to, path.slice(folder.length)) : path;
}

function isWithin(real: string, within: readonly string[] | undefined): boolean {
  return within?.some((folder) => `${real}/`.startsWith(`${realPathOf(folder)}/`)) ?? true;
}

function readBounded(path: string, within: readonly string[] | undefined): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | (path.startsWith("/dev/fd/") ? 0 : constants.O_NONBLOCK));
  try {
    // Where it is asked of the open file, nobody can exchange it in between.
    if (within !== undefined && !isWithin(readlinkSync(`/proc/self/fd/${file}`), within))
      throw Object.assign(new Error(`ENOENT: ${path} leads out of the project`), { code: "ENOENT" });
    const status = fstatSync(file);
    if (status.isDirectory()) throw Object.assign(new Error(`EISDIR: ${path}`), { code: "EISDIR" });
    if (status.isFIFO() && !path.startsWith("/dev/fd/"))
      throw new CiloError(EngineCode.projectInvalid, `${path} is a pipe, not a file`);
    return readAll(file, path);
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, path: string): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    const length = readSync(file, chunk);
    if (length === 0) return Buffer.concat(chunks);
    total += length;
    if (total > MAX_BYTES) throw new CiloError(EngineCode.projectInvalid, `${path} is larger than 64 MB`);
    chunks.push(chunk.subarray(0, length));
  }
}

function kindOf(path: string): "file" | "folder" | "other" | undefined {
  try {
    const status = statSync(path);
    return status.isFile() ? "file" : status.isDirectory() ? "folder" : "other";
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES", "EPERM", "ERR_INVALID_ARG_VALUE"))
      return undefined;
    throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM")) return [];
    throw error;
  }
}

/** The path with links followed as far as it exists. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES", "EPERM", "ERR_INVALID_ARG_VALUE"))
      throw error;
    const parent = posix.dirname(path);
    return parent === path ? path : posix.join(realPathOf(parent), posix.basename(path));
  }
}
