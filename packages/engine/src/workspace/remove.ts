import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, sep } from "node:path";
import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type HeldFolder, changeFolderMode, holdFolder } from "./confined.ts";
import { type RawPath, native, shown, toRaw } from "./raw-path.ts";

export interface RemoveOptions {
  /** Absolute folder that everything removed must lie in. */
  readonly within: string;
  readonly signal: AbortSignal;
}

/**
 * Removes a file, link or whole folder. Follows no link, whatever happens to the tree meanwhile; read-only folders are
 * no hindrance. Nothing there is no failure.
 *
 * @throws CiloError `PATH_ESCAPES` when the path's real place is not strictly inside the real `within`, before anything
 * is removed; `COPY_FAILED` when files of another user (left by a container) cannot be removed
 */
export async function removeTree(path: string, options: RemoveOptions): Promise<void> {
  const place = await realPlace(path, options.within);
  if (place === undefined) return;
  using folder = holdFolder(toRaw(place.folder), "");
  if (folder === undefined) return;
  const removal: Removal = { stuck: [], count: 0, signal: options.signal };
  await removeEntry(folder, toRaw(place.name), removal);
  if (removal.stuck.length > 0) throw notOurs(path, removal.stuck);
}

/** The folder (real) and name of what is to go. */
async function realPlace(path: string, within: string): Promise<{ folder: string; name: string } | undefined> {
  const name = basename(path);
  try {
    const [folder, limit] = await Promise.all([realpath(dirname(path)), realpath(within)]);
    const inside = `${folder}${sep}`.startsWith(limit.endsWith(sep) ? limit : `${limit}${sep}`);
    if (inside && name !== "" && name !== "." && name !== ".." && !path.includes("\0")) return { folder, name };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  throw new CiloError(EngineCode.pathEscapes, `refused to remove ${path}: it is not inside ${within}`);
}

interface Removal {
  readonly stuck: string[];
  readonly signal: AbortSignal;
  count: number;
}

async function removeEntry(parent: HeldFolder, name: RawPath, removal: Removal): Promise<void> {
  const path = parent.at(name);
  try {
    if (lstatSync(native(path), { throwIfNoEntry: false })?.isDirectory() === true)
      await removeFolder(parent, name, removal);
    else unlinkSync(native(path));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    if (!isErrno(error, "EACCES", "EPERM", "ENOTEMPTY", "EBUSY")) throw error;
    removal.stuck.push(shown(name));
  }
}

const YIELD_EVERY = 64;

async function removeFolder(parent: HeldFolder, name: RawPath, removal: Removal): Promise<void> {
  removal.signal.throwIfAborted();
  if (++removal.count % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  makeWritable(parent.at(name));
  {
    using folder = holdFolder(parent.self, name);
    if (folder === undefined) return unlinkSync(native(parent.at(name)));
    for (const child of readdirSync(native(folder.self), { encoding: "latin1" }))
      await removeEntry(folder, child, removal);
  }
  rmdirSync(native(parent.at(name)));
}

/** Nothing can be taken out of a folder that its owner may not write, so make it so. Another user's is left to fail. */
function makeWritable(path: RawPath): void {
  const mode = lstatSync(native(path)).mode & 0o7777;
  if ((mode & 0o700) === 0o700) return;
  try {
    changeFolderMode(path, mode | 0o700);
  } catch (error) {
    if (!isErrno(error, "EPERM", "EACCES", "ENOTDIR", "ELOOP")) throw error;
  }
}

function notOurs(path: string, stuck: readonly string[]): CiloError {
  const some = stuck.slice(0, 3).join(", ");
  return new CiloError(
    EngineCode.copyFailed,
    `could not remove all of ${path}: ${some}${stuck.length > 3 ? " …" : ""} belong to another user or are in use`,
    { hint: `A container probably wrote them as root: sudo rm -rf -- '${path}'` },
  );
}
