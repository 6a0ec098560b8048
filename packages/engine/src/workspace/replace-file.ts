import { closeSync, fstatSync, openSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { isErrno } from "@cilo/base";
import type { HeldFolder } from "./confined.ts";
import { type RawPath, native } from "./raw-path.ts";
import { type Entry, entryAt, temporaryName } from "./walk.ts";

export interface Place {
  readonly folder: HeldFolder;
  /** Of something in it, absolute, through the held folder. */
  readonly path: RawPath;
}

/** Puts a new file in the place of what is there, whole or not at all, and answers what stands there then. */
export function replaceFile(
  { folder, path }: Place,
  { write }: { readonly write: (file: number) => void },
): Entry | undefined {
  const temporary = folder.at(temporaryName());
  const file = openSync(native(temporary), "wx", 0o600);
  try {
    write(file);
    const written = fstatSync(file);
    renameSync(native(temporary), native(path));
    const entry = entryAt(path);
    // Somebody may have written to it since: then it is an edit, and the doubtful time makes it be looked at.
    const isOurs = entry?.kind === "file" && entry.size === written.size && entry.mtimeMs === written.mtimeMs;
    return entry === undefined || isOurs ? entry : { ...entry, size: written.size, ctimeMs: 0 };
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Puts a link in the place of what is there. */
export function replaceByLink({ folder, path }: Place, target: RawPath): void {
  const temporary = folder.at(temporaryName());
  symlinkSync(native(target), native(temporary));
  try {
    renameSync(native(temporary), native(path));
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/** Removes a file or link. */
export function removeIfThere(path: RawPath): void {
  try {
    unlinkSync(native(path));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
