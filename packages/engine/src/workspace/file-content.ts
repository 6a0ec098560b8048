import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { isErrno } from "@cilo/base";
import { type RawPath, native, nameOf, parentOf } from "./raw-path.ts";
import { holdFolder } from "./confined.ts";

const CHUNK = 256 * 1024;

/** True when both paths are regular files with the same bytes. No link is followed on either side; what cannot be read differs. */
export function hasSameContent(
  path: RawPath,
  roots: { readonly source: RawPath; readonly workspace: RawPath },
): boolean {
  const [one, other] = [openConfined(roots.source, path), openConfined(roots.workspace, path)];
  try {
    return one !== undefined && other !== undefined && areEqual(one, other);
  } finally {
    if (one !== undefined) closeSync(one);
    if (other !== undefined) closeSync(other);
  }
}

/** Opens a regular file below `root` for reading, or answers `undefined`: it is gone, no regular file, unreadable, or behind a link. */
export function openConfined(root: RawPath, path: RawPath): number | undefined {
  using folder = holdFolder(root, parentOf(path));
  if (folder === undefined) return undefined;
  try {
    const file = openSync(
      native(folder.at(nameOf(path))),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
    return undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM", "ENXIO", "EMLINK")) return undefined;
    throw error;
  }
}

function areEqual(one: number, other: number): boolean {
  if (fstatSync(one).size !== fstatSync(other).size) return false;
  const [a, b] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  for (;;) {
    const [read, alsoRead] = [fill(one, a), fill(other, b)];
    if (read !== alsoRead || !a.subarray(0, read).equals(b.subarray(0, read))) return false;
    if (read < CHUNK) return true;
  }
}

/** Reads until the buffer is full or the file ends. */
function fill(file: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(file, buffer, filled, buffer.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Writes what is left to read of one open file to another, and answers its CRC-32. */
export function pump(from: number, to: number, signal: AbortSignal): number {
  let checksum = 0;
  const buffer = Buffer.allocUnsafe(Math.min(4 * CHUNK, Math.max(fstatSync(from).size, 4096)));
  for (let count = readSync(from, buffer); count > 0; count = readSync(from, buffer)) {
    signal.throwIfAborted();
    checksum = crc32(buffer.subarray(0, count), checksum);
    for (let done = 0; done < count;) done += writeSync(to, buffer, done, count - done);
  }
  return checksum;
}
