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

/** What became of each job of a batch, by its index; times of failed ones are 0. */
export interface BatchOutcome {
  readonly mtimeNs: BigInt64Array;
  readonly ctimeNs: BigInt64Array;
  readonly sizes: Float64Array;
  readonly modes: Uint16Array;
  readonly failures: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

export type FileCopier = (jobs: readonly FileJob[]) => BatchOutcome;

/**
 * Makes the function that copies batches. It must stay self-contained (no imports, no module scope): its text is also
 * the program of the worker threads, so that one bundled file needs no second one beside it.
 *
 * `stop[0]` other than 0 ends it between files and between the chunks of a large one; the rest fails with `ABORTED`.
 * `clone` is set where the filesystem shares blocks.
 */
export function createFileCopier(
  fs: typeof import("node:fs"),
  options: { readonly stop: Int32Array; readonly clone: boolean },
): FileCopier {
  const CHUNK = 1024 * 1024;
  const LARGE = 32 * CHUNK;
  const { COPYFILE_EXCL, COPYFILE_FICLONE, O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const flags = COPYFILE_EXCL | (options.clone ? COPYFILE_FICLONE : 0);
  const ascii = /^[\u0000-\u007F]*$/;
  let buffer: Buffer | undefined;
  let zeros: Buffer | undefined;

  const nativePath = (path: string): string | Buffer => (ascii.test(path) ? path : Buffer.from(path, "latin1"));
  const stopIfAsked = (): void => {
    if (Atomics.load(options.stop, 0) !== 0) throw Object.assign(new Error("stopped"), { code: "ABORTED" });
  };

  /** In chunks, so that it can be stopped; a chunk of zeros in a sparse file becomes a hole. */
  const copyInChunks = (job: FileJob, to: string | Buffer): void => {
    buffer ??= Buffer.allocUnsafe(CHUNK);
    zeros ??= Buffer.alloc(CHUNK);
    const source = fs.openSync(nativePath(job.from), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const target = fs.openSync(to, "wx", job.mode & 0o777);
      try {
        let position = 0;
        for (;;) {
          stopIfAsked();
          const count = fs.readSync(source, buffer, 0, CHUNK, position);
          if (count === 0) break;
          const chunk = buffer.subarray(0, count);
          if (!job.sparse || !chunk.equals(zeros.subarray(0, count))) {
            for (let done = 0; done < count;) {
              done += fs.writeSync(target, chunk, done, count - done, position + done);
            }
          }
          position += count;
        }
        fs.ftruncateSync(target, position);
      } finally {
        fs.closeSync(target);
      }
    } finally {
      fs.closeSync(source);
    }
  };

  /** As far as it is allowed: root in a user namespace cannot give files to everybody. */
  const giveAway = (path: string | Buffer, owner: { uid: number; gid: number }): void => {
    try {
      fs.lchownSync(path, owner.uid, owner.gid);
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
    }
  };

  const copyOne = (job: FileJob): { mtimeNs: bigint; ctimeNs: bigint; size: bigint; mode: bigint } => {
    stopIfAsked();
    const to = nativePath(job.to);
    const inChunks = job.sparse || (!options.clone && job.size > LARGE);
    if (inChunks) copyInChunks(job, to);
    else fs.copyFileSync(nativePath(job.from), to, flags);
    if (job.owner !== undefined) giveAway(to, job.owner);
    // Changing the owner clears setuid and setgid, and the umask applies to what was opened here.
    if (inChunks || job.owner !== undefined) fs.chmodSync(to, job.mode);
    fs.utimesSync(to, job.atime, job.mtime);
    return fs.lstatSync(to, { bigint: true });
  };

  return (jobs) => {
    const failures: { index: number; code: string; message: string }[] = [];
    const mtimeNs = new BigInt64Array(jobs.length);
    const ctimeNs = new BigInt64Array(jobs.length);
    const sizes = new Float64Array(jobs.length);
    const modes = new Uint16Array(jobs.length);
    jobs.forEach((job, index) => {
      try {
        const made = copyOne(job);
        mtimeNs[index] = made.mtimeNs;
        ctimeNs[index] = made.ctimeNs;
        sizes[index] = Number(made.size);
        modes[index] = Number(made.mode) & 0o7777;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
        failures.push({ index, code, message: error instanceof Error ? error.message : String(error) });
      }
    });
    return { mtimeNs, ctimeNs, sizes, modes, failures };
  };
}
