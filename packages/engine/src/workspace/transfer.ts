import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { isErrno } from "@cilo/base";
import { type HeldFolder, changeFolderMode, holdFolder } from "./confined.ts";
import { type RawPath, nameOf, native, parentOf } from "./raw-path.ts";
import { type Digest, asDigest } from "./digest.ts";
import { openConfined, pump } from "./file-content.ts";
import { removeIfThere, replaceByLink, replaceFile } from "./replace-file.ts";
import type { Transfer } from "./transfer-plan.ts";
import { type Entry, entryAt } from "./walk.ts";

export interface TransferRoots {
  /** Absolute and real. */
  readonly giver: RawPath;
  readonly receiver: RawPath;
  /** Permission bits that may come over. */
  readonly modeMask: number;
  readonly signal: AbortSignal;
}

/** What stands on the receiving side since. */
export interface Outcome {
  readonly entry: Entry | undefined;
  /** Of a file's content. */
  readonly digest?: Digest;
}

/** `blocked`: the receiving side is not as it was when it was looked at, and is left as it is. */
export type Transferred = ({ readonly state: "done" } & Outcome) | { readonly state: "blocked" };

/** A transfer that was done. */
export interface Done extends Outcome {
  readonly item: Transfer;
}

const BLOCKED: Transferred = { state: "blocked" };

/**
 * Brings one path over. Whatever either side does meanwhile, nothing outside the receiving root is written or removed,
 * nothing outside the giving root is read, and nothing is replaced that is not what was looked at.
 */
export function transfer(item: Transfer, roots: TransferRoots): Transferred {
  using folder = holdFolder(roots.receiver, parentOf(item.path));
  if (folder === undefined) return BLOCKED;
  const path = folder.at(nameOf(item.path));
  if (!isStill(item.to, entryAt(path), path)) return BLOCKED;
  try {
    using _ = madeWritable(folder);
    return writeOver(item, { folder, path, roots });
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "EISDIR", "ENOTDIR", "ENOENT")) return BLOCKED;
    throw error;
  }
}

/** Lets a read-only folder of ours be written to for the moment. */
function madeWritable(folder: HeldFolder): Disposable {
  const mode = statSync(native(folder.self)).mode & 0o7777;
  if ((mode & 0o300) === 0o300) return { [Symbol.dispose]: () => undefined };
  chmodSync(native(folder.self), mode | 0o300);
  return { [Symbol.dispose]: () => chmodSync(native(folder.self), mode) };
}

/** Removes what a killed write of ours left behind. */
export function removeRest(root: RawPath, path: RawPath): void {
  using folder = holdFolder(root, parentOf(path));
  if (folder === undefined) return;
  using _ = madeWritable(folder);
  removeIfThere(folder.at(nameOf(path)));
}

function isStill(expected: Entry | undefined, now: Entry | undefined, path: RawPath): boolean {
  if (expected === undefined || now === undefined) {
    return expected === now && lstatSync(native(path), { throwIfNoEntry: false }) === undefined;
  }
  if (expected.kind !== now.kind) return false;
  if (now.kind === "folder") return true;
  return expected.size === now.size && expected.mtimeMs === now.mtimeMs && expected.ctimeMs === now.ctimeMs;
}

interface Target {
  readonly folder: HeldFolder;
  /** Absolute, through the held folder. */
  readonly path: RawPath;
  readonly roots: TransferRoots;
}

function writeOver(item: Transfer, target: Target): Transferred {
  const path = native(target.path);
  const { from, to } = item;
  if (to?.kind === "folder" && from?.kind !== "folder") rmdirSync(path);
  const isInTheWay = to !== undefined && to.kind !== "folder" && (from === undefined || from.kind === "folder");
  if (isInTheWay) unlinkSync(path);
  if (from === undefined) return { state: "done", entry: undefined };
  if (from.kind === "file") return putFile(item, target);
  if (from.kind === "link") return putLink(from, target);
  if (to?.kind !== "folder") mkdirSync(path, { mode: 0o700 });
  return { state: "done", entry: from };
}

function putLink(from: Entry, target: Target): Transferred {
  replaceByLink(target, from.target ?? "");
  return { state: "done", entry: from };
}

function putFile({ path, from }: Transfer, target: Target): Transferred {
  const source = openConfined(target.roots.giver, path);
  if (source === undefined || from === undefined) return BLOCKED;
  try {
    let checksum = 0;
    const entry = replaceFile(target, {
      write: (file) => {
        checksum = pump(source, file, target.roots.signal);
        dress(file, from, target.roots);
      },
    });
    return { state: "done", entry, digest: asDigest(checksum) };
  } finally {
    closeSync(source);
  }
}

/** Mode and time of the original; as root also the owner of the folder's other files: the receiving folder's. */
function dress(file: number, from: Entry, roots: TransferRoots): void {
  if (process.geteuid?.() === 0) {
    const top = lstatSync(native(roots.receiver));
    if (top.uid !== 0 || top.gid !== 0) fchownSync(file, top.uid, top.gid);
  }
  fchmodSync(file, from.mode & roots.modeMask);
  futimesSync(file, from.mtimeMs / 1000, from.mtimeMs / 1000);
}

/** Gives folders that were made or changed their modes, the deepest first, and answers all with what stands there now. */
export function finishFolders(done: readonly Done[], roots: TransferRoots): Done[] {
  for (const { item } of [...done].reverse()) {
    if (item.from?.kind === "folder") setFolderMode(item.path, { mode: item.from.mode & roots.modeMask, roots });
  }
  return done.map((one) =>
    one.entry?.kind === "folder" ? { ...one, entry: { ...one.entry, mode: one.entry.mode & roots.modeMask } } : one,
  );
}

function setFolderMode(path: RawPath, { mode, roots }: { mode: number; roots: TransferRoots }): void {
  using folder = holdFolder(roots.receiver, parentOf(path));
  try {
    if (folder !== undefined) changeFolderMode(folder.at(nameOf(path)), mode);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
  }
}
