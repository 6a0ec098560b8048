import { chmodSync, lchownSync, linkSync, lutimesSync, mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { geteuid } from "node:process";
import { isErrno } from "@cilo/base";
import type { BatchOutcome, FileJob } from "./copy-files.ts";
import { copyFiles } from "./copy-workers.ts";
import { type Digest, asDigest } from "./digest.ts";
import type { CopyItem } from "./git-plan.ts";
import { type RawPath, native, shown, under } from "./raw-path.ts";
import { type Entry, type WalkedEntry, entryAt } from "./walk.ts";
import type { CopyRequest, LeftOut } from "./workspace.ts";

export interface MakeOptions {
  /** Absolute folder, there already, that the items are made in. */
  readonly root: RawPath;
  readonly clone: boolean;
  readonly signal: AbortSignal;
  /** Called when everything is there and every folder still writable. */
  readonly beforeModes: () => Promise<void>;
  readonly onProgress?: NonNullable<CopyRequest["onProgress"]>;
}

export interface Made {
  readonly files: number;
  readonly bytes: number;
  /** What stands in the copy now, by place; without what was left out. */
  readonly workspace: Map<RawPath, Standing>;
  readonly leftOut: LeftOut[];
}

/** An entry of the copy, with its content's digest where it is known. */
export interface Standing {
  readonly entry: Entry;
  readonly digest?: Digest;
}

/** Makes every item; parents stand before their children in `items`. Folders get their modes last, so read-only ones can be filled. */
export async function makeEntries(items: readonly CopyItem[], options: MakeOptions): Promise<Made> {
  const work = {
    made: { files: 0, bytes: 0, workspace: new Map<RawPath, Standing>(), leftOut: [] as LeftOut[] },
    options,
  };
  const { first, again } = bySharedInode(items);
  makeFolders(items, work);
  await makeFiles(first, work);
  for (const link of again) linkAgain(link, work);
  for (const item of items) if (item.entry.kind === "link") makeLink(item, work);
  await options.beforeModes();
  for (const item of [...items].reverse()) if (item.entry.kind === "folder") finishFolder(item, work);
  return work.made;
}

interface Work {
  readonly made: {
    files: number;
    bytes: number;
    readonly workspace: Map<RawPath, Standing>;
    readonly leftOut: LeftOut[];
  };
  readonly options: MakeOptions;
}

interface SecondName {
  readonly first: CopyItem;
  readonly item: CopyItem;
}

/** Regular files to copy, and further names of ones among them. */
function bySharedInode(items: readonly CopyItem[]): { first: CopyItem[]; again: SecondName[] } {
  const known = new Map<string, CopyItem>();
  const [first, again]: [CopyItem[], SecondName[]] = [[], []];
  for (const item of items) {
    if (item.entry.kind !== "file") continue;
    const inode = item.entry.sharedInode;
    const earlier = inode === undefined ? undefined : known.get(inode);
    if (earlier === undefined) first.push(item);
    else again.push({ first: earlier, item });
    if (inode !== undefined && earlier === undefined) known.set(inode, item);
  }
  return { first, again };
}

function makeFolders(items: readonly CopyItem[], { options }: Work): void {
  for (const { to, entry } of items) {
    if (entry.kind !== "folder" || to === "") continue;
    options.signal.throwIfAborted();
    mkdirSync(native(under(options.root, to)), { mode: 0o700 });
  }
}

async function makeFiles(items: readonly CopyItem[], work: Work): Promise<void> {
  const byJob = new Map(items.map((item) => [jobOf(item, work.options.root), item]));
  await copyFiles([...byJob.keys()], {
    signal: work.options.signal,
    clone: work.options.clone,
    onBatch: (jobs, outcome) => {
      const failed = failuresOf(outcome, (index) => itemAt(jobs, index, byJob), work);
      jobs.forEach((job, index) => {
        const item = byJob.get(job);
        if (item === undefined || failed.has(index)) return;
        work.made.workspace.set(item.to, madeFile(outcome, index));
        work.made.files += 1;
        work.made.bytes += job.size;
      });
      work.options.onProgress?.({ files: work.made.files, bytes: work.made.bytes });
    },
  });
}

function itemAt(jobs: readonly FileJob[], index: number, byJob: ReadonlyMap<FileJob, CopyItem>): CopyItem | undefined {
  const job = jobs[index];
  return job === undefined ? undefined : byJob.get(job);
}

function jobOf({ from, to, entry }: CopyItem, root: RawPath): FileJob {
  const owner = ownerOf(entry);
  return {
    from,
    to: under(root, to),
    mode: entry.mode,
    size: entry.size,
    atime: seconds(entry.atimeMs),
    mtime: seconds(entry.mtimeMs),
    sparse: entry.size > 1024 * 1024 && entry.allocated < entry.size / 2,
    ...(owner === undefined ? {} : { owner }),
  };
}

/** As `utimes` takes it. */
function seconds(ms: number): number {
  return ms / 1000;
}

const ME = geteuid?.();

/** Only root can, and has to, give a copy to the original's owner. */
function ownerOf(entry: WalkedEntry): { uid: number; gid: number } | undefined {
  return ME === 0 && (entry.uid !== 0 || entry.gid !== 0) ? { uid: entry.uid, gid: entry.gid } : undefined;
}

function madeFile(outcome: BatchOutcome, index: number): Standing {
  const checksum = outcome.checksums[index] ?? -1;
  const entry: Entry = {
    kind: "file",
    mode: outcome.modes[index] ?? 0,
    size: outcome.sizes[index] ?? 0,
    mtimeMs: outcome.mtimeMs[index] ?? 0,
    ctimeMs: outcome.ctimeMs[index] ?? 0,
  };
  return checksum < 0 ? { entry } : { entry, digest: asDigest(checksum) };
}

/** Sorts failures: some a user is told of, others end the copying. */
function failuresOf(
  outcome: BatchOutcome,
  item: (index: number) => CopyItem | undefined,
  work: Work,
): ReadonlySet<number> {
  for (const { index, code, message } of outcome.failures) {
    const path = shown(item(index)?.to ?? "");
    const reason = REASONS[code];
    if (reason === undefined) throw Object.assign(new Error(message), { code, syscall: "copyfile" });
    if (reason !== GONE) work.made.leftOut.push({ path, reason });
  }
  return new Set(outcome.failures.map((failure) => failure.index));
}

const GONE = "it vanished while it was copied";
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "the file cannot be read",
  EPERM: "the file cannot be read",
  ENOENT: GONE,
  ELOOP: "it changed while it was copied",
  EISDIR: "it changed while it was copied",
  ENXIO: "it changed while it was copied",
  ABORTED: GONE,
};

function linkAgain({ first, item }: SecondName, { made, options }: Work): void {
  const standing = made.workspace.get(first.to);
  if (standing === undefined) return;
  const [existing, added] = [under(options.root, first.to), under(options.root, item.to)];
  linkSync(native(existing), native(added));
  made.files += 1;
  // A further name changes the inode's ctime.
  const entry = entryAt(existing);
  if (entry === undefined) return;
  made.workspace.set(first.to, { ...standing, entry });
  made.workspace.set(item.to, { ...standing, entry });
}

function makeLink({ to, entry }: CopyItem, { made, options }: Work): void {
  const path = native(under(options.root, to));
  symlinkSync(native(entry.target ?? ""), path);
  lutimesSync(path, seconds(entry.atimeMs), seconds(entry.mtimeMs));
  giveAway(path, entry);
  made.workspace.set(to, { entry });
}

function finishFolder({ to, entry }: CopyItem, { made, options }: Work): void {
  const path = native(under(options.root, to));
  giveAway(path, entry);
  chmodSync(path, entry.mode);
  utimesSync(path, seconds(entry.atimeMs), seconds(entry.mtimeMs));
  made.workspace.set(to, { entry });
}

function giveAway(path: string | Buffer, entry: WalkedEntry): void {
  const owner = ownerOf(entry);
  if (owner === undefined) return;
  try {
    lchownSync(path, owner.uid, owner.gid);
  } catch (error) {
    // Root in a user namespace cannot give files to everybody.
    if (!isErrno(error, "EPERM", "EINVAL")) throw error;
  }
}
