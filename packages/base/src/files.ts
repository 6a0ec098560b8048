import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface WriteOptions {
  /** Default 0600. Folders made on the way get 0700. */
  readonly mode?: number;
  /** Default true: the content is on the disk before it gets its name. */
  readonly sync?: boolean;
}

/** Puts `content` at `path` whole or not at all: temporary name, sync, rename. Replaces what was there. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = await writeBeside(path, content, options);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Creates `path` with `content` whole, or answers false when something is there already. Of any number of callers at once exactly one gets true. */
export async function createFileExclusive(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<boolean> {
  const temporary = await writeBeside(path, content, options);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeBeside(path: string, content: string | Uint8Array, options: WriteOptions): Promise<string> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", options.mode ?? 0o600);
  try {
    await file.writeFile(content);
    if (options.sync !== false) await file.datasync();
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder and those above it, each 0700, where they are not there yet.
 *
 * Not with Node's `recursive`: where a folder cannot be made and the kernel says ENOENT, as below /proc, that never ends.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT") || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Other systems than Linux say for their read-only root that it is read-only, not that it is there.
    if (!isErrno(error, "EEXIST", "EISDIR", "EROFS") || !(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The file's text, or `undefined` when there is no such file. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** True for a system error with one of the given codes, e.g. `isErrno(error, "ENOENT")`. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
