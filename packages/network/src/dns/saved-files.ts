import { access, chmod, constants, lstat, mkdir, open, realpath, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CiloError, isErrno, readFileIfThere, writeFileAtomic } from "@cilo/base";
import * as z from "zod/mini";
import { NetworkCode } from "../errors.ts";
import { type FileEdit, withoutOurs } from "./resolver.ts";
import type { SystemAccess } from "./system-access.ts";

/**
 * The record of what `cilo init` found and wrote: `dns/resolver.json`. It is written before any file is touched, so a
 * crash between any two steps is undone from it. Texts are Latin-1, one character per byte.
 */
const SavedFile = z.object({
  path: z.string(),
  /** `null`: there was no file. */
  original: z.nullable(z.object({ text: z.string(), mode: z.int() })),
  written: z.string(),
  /** Folders that had to be made, outermost first. */
  madeFolders: z.array(z.string()),
});
const Saved = z.object({ version: z.literal(1), kind: z.string(), files: z.array(SavedFile) });
export type SavedFile = z.infer<typeof SavedFile>;
export type Saved = z.infer<typeof Saved>;

export async function readSaved(dir: string): Promise<Saved | undefined> {
  const text = await readFileIfThere(join(dir, "resolver.json"));
  return text === undefined ? undefined : Saved.parse(JSON.parse(text));
}

export async function writeSaved(dir: string, saved: Saved): Promise<void> {
  await writeFileAtomic(join(dir, "resolver.json"), `${JSON.stringify(saved, undefined, 2)}\n`);
}

export async function dropSaved(dir: string): Promise<void> {
  await rm(join(dir, "resolver.json"), { force: true });
}

/**
 * What an edit would save and write now. A second time it keeps the first time's original, unless somebody changed the
 * file since: then what they wrote, without our part, is the original.
 */
export async function planFile(
  system: SystemAccess,
  edit: FileEdit,
  before: SavedFile | undefined,
): Promise<SavedFile> {
  const current = await system.read(edit.path);
  const original = await originalOf(system, edit, before, current);
  const madeFolders = before?.madeFolders ?? (await missingFolders(system.path(edit.path)));
  return { path: edit.path, original, written: edit.render(original?.text), madeFolders };
}

async function originalOf(
  system: SystemAccess,
  edit: FileEdit,
  before: SavedFile | undefined,
  current: string | undefined,
): Promise<SavedFile["original"]> {
  if (before !== undefined && (current === before.written || current === before.original?.text)) return before.original;
  const text = current === undefined ? undefined : withoutOurs(current);
  return text === undefined ? null : { text, mode: (await stat(system.path(edit.path))).mode & 0o7777 };
}

async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); !(await isThere(folder)); folder = dirname(folder)) missing.unshift(folder);
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/**
 * Throws before anything is changed when one of the files may not be changed.
 * @throws CiloError `NEEDS_ROOT`
 */
export async function checkWritable(system: SystemAccess, files: readonly { readonly path: string }[]): Promise<void> {
  for (const file of files) {
    const path = system.path(file.path);
    const place = (await isThere(path)) ? path : dirname((await missingFolders(path))[0] ?? path);
    try {
      await access(place, constants.W_OK);
    } catch (error) {
      if (!isErrno(error, "EACCES", "EPERM", "EROFS")) throw error;
      throw new CiloError(NetworkCode.needsRoot, `${file.path} may not be changed`, {
        cause: error,
        hint: "sudo cilo init",
      });
    }
  }
}

/** Writes what was planned; answers whether anything changed. In place, since the file may be a mount. */
export async function writeFile(system: SystemAccess, file: SavedFile): Promise<boolean> {
  if ((await system.read(file.path)) === file.written) return false;
  await writeInPlace(system.path(file.path), file.written, 0o644);
  return true;
}

export type Restored = "restored" | "unchanged" | "part removed";

/** Puts back exactly what was there: bytes, mode, absence. Of a file that somebody else changed since, only our part is taken out. */
export async function restoreFile(system: SystemAccess, file: SavedFile): Promise<Restored> {
  const path = system.path(file.path);
  const current = await system.read(file.path);
  if (current === (file.original?.text ?? undefined)) return "unchanged";
  if (current === file.written) {
    await putBack(path, file.original);
    await removeEmpty(file.madeFolders);
    return "restored";
  }
  const rest = current === undefined ? undefined : withoutOurs(current);
  if (rest === current) return "unchanged";
  await putBack(path, rest === undefined ? null : { text: rest, mode: (await stat(path)).mode & 0o7777 });
  return "part removed";
}

async function putBack(path: string, original: SavedFile["original"]): Promise<void> {
  if (original === null) {
    await rm(await realpath(path));
    return;
  }
  await writeInPlace(path, original.text, original.mode);
  await chmod(path, original.mode);
}

async function writeInPlace(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, mode);
  try {
    const bytes = Buffer.from(text, "latin1");
    await file.write(bytes, 0, bytes.length, 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders.toReversed()) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTEMPTY")) throw error;
    }
  }
}
