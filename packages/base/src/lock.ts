import { createHash } from "node:crypto";
import { type FileHandle, constants, open, realpath } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import { dirname, join, basename } from "node:path";
import { makeFolder } from "./files.ts";
import { poll } from "./poll.ts";

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when the lock is held by somebody else, so that a user can be told what is waited for. */
  readonly onWait?: () => void;
  readonly timeoutMs?: number;
}

/**
 * Holds the exclusive lock named by `path` until disposed. The kernel releases it when the process ends, however it
 * ends, so a lock is never stale. The folder of `path` is made if needed; on Linux the file itself is not.
 *
 * Linux: a listening socket in the abstract namespace, named by the hash of the real path.
 * macOS: the file opened with `O_EXLOCK`. See docs/adr/0003-locks.md.
 *
 * @throws CiloError `TIMEOUT` when it is not free within `timeoutMs` (default 10 minutes).
 */
export async function lock(path: string, options: LockOptions): Promise<AsyncDisposable> {
  await makeFolder(dirname(path));
  const absolute = join(await realpath(dirname(path)), basename(path));
  const take = process.platform === "linux" ? () => listenOn(absolute) : () => openExclusive(absolute);
  let waited = false;
  return await poll(
    async () => {
      const held = await take();
      if (held === undefined && !waited) {
        waited = true;
        options.onWait?.();
      }
      return held;
    },
    { signal: options.signal, timeoutMs: options.timeoutMs ?? 600_000, intervalMs: 4, what: `the lock ${path}` },
  );
}

async function listenOn(absolute: string): Promise<AsyncDisposable | undefined> {
  const name = `\0cilo-${createHash("sha256").update(absolute).digest("hex").slice(0, 40)}`;
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen({ path: name, exclusive: true }, () => resolve({ [Symbol.asyncDispose]: () => close(server) }));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Darwin's O_EXLOCK, which Node passes to open(2) but has no name for. */
const O_EXLOCK = 0x20;

async function openExclusive(absolute: string): Promise<AsyncDisposable | undefined> {
  let file: FileHandle;
  try {
    file = await open(absolute, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK, 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EWOULDBLOCK" || error.code === "EAGAIN"))
      return undefined;
    throw error;
  }
  return { [Symbol.asyncDispose]: () => file.close() };
}
