import type { RawPath } from "./raw-path.ts";

/** One regular file to copy. Paths are absolute and raw. */
export interface FileJob {
  readonly from: RawPath;
  readonly to: RawPath;
  readonly mode: number;
  readonly size: number;
  /** Seconds. */
  readonly atime: number;
  readonly mtime: number;
  /** Has holes worth keeping. */
  readonly sparse: boolean;
  /** Set only where the copy would otherwise belong to somebody else. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** What became of each job of a batch, by its index; 0 for failed ones. */
export interface BatchOutcome {
  readonly mtimeMs: Float64Array;
  readonly ctimeMs: Float64Array;
  readonly sizes: Float64Array;
  readonly modes: Uint16Array;
  /** CRC-32 of what was written; -1 where it is not known. */
  readonly checksums: Float64Array;
  readonly failures: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

export type FileCopier = (jobs: readonly FileJob[]) => BatchOutcome;

export interface CopierOptions {
  /** `stop[0]` other than 0 ends it between files and between the chunks of a large one; the rest fails with `ABORTED`. */
  readonly stop: Int32Array;
  /** The filesystem shares blocks. */
  readonly clone: boolean;
}

/**
 * Makes the function that copies batches. It must stay self-contained (no imports, no module scope): its text is also
 * the program of the worker threads, so that one bundled file needs no second one beside it.
 */
export function createFileCopier(
  fs: typeof import("node:fs"),
  zlib: typeof import("node:zlib"),
  options: CopierOptions,
): FileCopier {
  const CHUNK = 1024 * 1024;
  const { COPYFILE_EXCL, COPYFILE_FICLONE, O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const ascii = /^[\u0000-\u007F]*$/;
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let zeros: Buffer | undefined;
  type Made = { readonly stats: import("node:fs").Stats; readonly checksum: number };

  const nativePath = (path: string): string | Buffer => (ascii.test(path) ? path : Buffer.from(path, "latin1"));
  const stopIfAsked = (): void => {
    if (Atomics.load(options.stop, 0) !== 0) throw Object.assign(new Error("stopped"), { code: "ABORTED" });
  };
  const openSource = (job: FileJob): number => fs.openSync(nativePath(job.from), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const isHole = (chunk: Buffer): boolean => {
    zeros ??= Buffer.alloc(CHUNK);
    return chunk.equals(zeros.subarray(0, chunk.length));
  };

  /** Reads to the end; `put` gets each chunk with its place. Answers the checksum. */
  const readAll = (source: number, put: (chunk: Buffer, position: number) => void): number => {
    let [position, checksum] = [0, 0];
    for (;;) {
      stopIfAsked();
      const chunk = buffer.subarray(0, fs.readSync(source, buffer, 0, CHUNK, position));
      checksum = zlib.crc32(chunk, checksum);
      put(chunk, position);
      position += chunk.length;
      if (chunk.length < CHUNK) return checksum;
    }
  };

  /** A chunk of zeros of a sparse file becomes a hole again. */
  const copyContent = (source: number, target: number, isSparse: boolean): number => {
    let size = 0;
    const checksum = readAll(source, (chunk, position) => {
      size = position + chunk.length;
      if (isSparse && isHole(chunk)) return;
      for (let done = 0; done < chunk.length;) {
        done += fs.writeSync(target, chunk, done, chunk.length - done, position + done);
      }
    });
    if (isSparse) fs.ftruncateSync(target, size);
    return checksum;
  };

  /** As far as it is allowed: root in a user namespace cannot give files to everybody. */
  const giveAway = (target: number, owner: { uid: number; gid: number }): void => {
    try {
      fs.fchownSync(target, owner.uid, owner.gid);
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
    }
  };

  /** The owner before the mode: changing it clears setuid and setgid. */
  const dress = (target: number, job: FileJob): import("node:fs").Stats => {
    if (job.owner !== undefined) giveAway(target, job.owner);
    fs.fchmodSync(target, job.mode);
    fs.futimesSync(target, job.atime, job.mtime);
    return fs.fstatSync(target);
  };

  const copyByReading = (job: FileJob): Made => {
    const source = openSource(job);
    try {
      const target = fs.openSync(nativePath(job.to), "wx", 0o600);
      try {
        const checksum = copyContent(source, target, job.sparse);
        return { checksum, stats: dress(target, job) };
      } finally {
        fs.closeSync(target);
      }
    } finally {
      fs.closeSync(source);
    }
  };

  /** Only small files are read for their checksum: sharing blocks is to be quick also for what is not in memory. */
  const copyByCloning = (job: FileJob): Made => {
    fs.copyFileSync(nativePath(job.from), nativePath(job.to), COPYFILE_EXCL | COPYFILE_FICLONE);
    fs.chmodSync(nativePath(job.to), 0o600);
    const target = fs.openSync(nativePath(job.to), "r+");
    try {
      const checksum = job.size < CHUNK ? readAll(target, () => undefined) : -1;
      return { checksum, stats: dress(target, job) };
    } finally {
      fs.closeSync(target);
    }
  };

  return (jobs) => {
    const failures: { index: number; code: string; message: string }[] = [];
    const outcome = {
      mtimeMs: new Float64Array(jobs.length),
      ctimeMs: new Float64Array(jobs.length),
      sizes: new Float64Array(jobs.length),
      modes: new Uint16Array(jobs.length),
      checksums: new Float64Array(jobs.length),
      failures,
    };
    jobs.forEach((job, index) => {
      try {
        stopIfAsked();
        const { stats, checksum } = options.clone ? copyByCloning(job) : copyByReading(job);
        outcome.mtimeMs[index] = stats.mtimeMs;
        outcome.ctimeMs[index] = stats.ctimeMs;
        outcome.sizes[index] = stats.size;
        outcome.modes[index] = stats.mode & 0o7777;
        outcome.checksums[index] = checksum;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
        failures.push({ index, code, message: error instanceof Error ? error.message : String(error) });
      }
    });
    return outcome;
  };
}
