import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import * as zlib from "node:zlib";
import { type BatchOutcome, type FileJob, createFileCopier } from "./copy-files.ts";

export interface CopyFilesOptions {
  readonly signal: AbortSignal;
  readonly clone: boolean;
  /** Called for each batch when it is done, in any order. What it throws ends the copying. */
  readonly onBatch: (jobs: readonly FileJob[], outcome: BatchOutcome) => void;
}

/** More than this is worth starting threads (about 20 ms each). */
const ALONE_FILES = 400;
const ALONE_BYTES = 16 * 1024 * 1024;
const BATCH_FILES = 128;
const BATCH_BYTES = 8 * 1024 * 1024;
const MOST_WORKERS = 4;

/** Copies the files, in several threads where there are many. Ends after every thread has ended, also when it fails. */
export async function copyFiles(jobs: readonly FileJob[], options: CopyFilesOptions): Promise<void> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  options.signal.throwIfAborted();
  options.signal.addEventListener("abort", onAbort);
  try {
    const bytes = jobs.reduce((sum, job) => sum + job.size, 0);
    const isSmall = jobs.length <= ALONE_FILES && bytes <= ALONE_BYTES;
    await (isSmall ? copyHere : copyInThreads)(inBatches(jobs), { ...options, stop });
    options.signal.throwIfAborted();
  } finally {
    options.signal.removeEventListener("abort", onAbort);
  }
}

type Batches = Generator<readonly FileJob[]>;
type StoppableOptions = CopyFilesOptions & { readonly stop: Int32Array };

function* inBatches(jobs: readonly FileJob[]): Batches {
  let batch: FileJob[] = [];
  let bytes = 0;
  for (const job of jobs) {
    batch.push(job);
    bytes += job.size;
    if (batch.length < BATCH_FILES && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

async function copyHere(batches: Batches, options: StoppableOptions): Promise<void> {
  const copy = createFileCopier(fs, zlib, options);
  for (const batch of batches) {
    options.onBatch(batch, copy(batch));
    await new Promise((resolve) => setImmediate(resolve));
    options.signal.throwIfAborted();
  }
}

async function copyInThreads(batches: Batches, options: StoppableOptions): Promise<void> {
  const count = Math.min(MOST_WORKERS, availableParallelism());
  const workers = Array.from({ length: count }, () => startWorker(options));
  const ends = workers.map((worker) => feed(worker, batches, options));
  const results = await Promise.allSettled(
    ends.map((end) =>
      end.catch((error: unknown) => {
        Atomics.store(options.stop, 0, 1);
        throw error;
      }),
    ),
  );
  await Promise.all(workers.map((worker) => worker.terminate()));
  options.signal.throwIfAborted();
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

const WORKER_PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
const copy = (${createFileCopier.toString()})(require("node:fs"), require("node:zlib"), workerData);
parentPort.on("message", (jobs) => parentPort.postMessage(copy(jobs)));
`;

function startWorker(options: StoppableOptions): Worker {
  return new Worker(WORKER_PROGRAM, {
    eval: true,
    // Nothing of ours belongs into its environment, and the flags of the caller (a test runner's loaders) would slow it.
    env: {},
    execArgv: [],
    workerData: { stop: options.stop, clone: options.clone },
  });
}

/** Hands the worker one batch after the other until none is left. */
async function feed(worker: Worker, batches: Batches, options: StoppableOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let current: readonly FileJob[] = [];
    const next = (): void => {
      const batch = Atomics.load(options.stop, 0) === 0 ? batches.next() : { done: true as const };
      if (batch.done === true) return resolve();
      current = batch.value;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(current);
    };
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("a copying thread ended early")));
    worker.on("message", (outcome: BatchOutcome) => {
      try {
        options.onBatch(current, outcome);
        next();
      } catch (error) {
        reject(error);
      }
    });
    next();
  });
}
