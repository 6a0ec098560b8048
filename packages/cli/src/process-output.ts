import { fstatSync, writeSync } from "node:fs";
import { CiloError, isErrno } from "@cilo/base";
import { CliCode } from "./errors.ts";
import type { OutputStream } from "./streams.ts";

/** An output of this process. */
export interface ProcessOutput extends OutputStream {
  /** Resolves when everything written has left the process. */
  flushed(): Promise<void>;
}

/**
 * Writes to a file descriptor at once; Node's own stream, which takes some milliseconds to make, is made when the
 * descriptor is a terminal or does not take everything at once. A reader that went away (`cilo list | head -1`) is no
 * failure: what is left is written nowhere.
 */
export function processOutput(fd: 1 | 2, makeStream: () => NodeJS.WriteStream): ProcessOutput {
  const isTerminal = fstatSync(fd).isCharacterDevice() && makeStream().isTTY;
  let stream: NodeJS.WriteStream | undefined;
  const viaStream = (text: string | Uint8Array): void => {
    stream ??= ignoringClosedPipe(makeStream());
    stream.write(text);
  };
  return {
    isTTY: isTerminal,
    get columns() {
      return isTerminal ? makeStream().columns : 80;
    },
    write: (text) => {
      if (isTerminal || stream !== undefined) viaStream(text);
      else writeNow(fd, Buffer.from(text), viaStream);
    },
    flushed: async () => {
      await new Promise<void>((resolve) => {
        if (stream === undefined) resolve();
        else stream.write("", () => resolve());
      });
    },
  };
}

function writeNow(fd: number, bytes: Buffer, otherwise: (rest: Uint8Array) => void): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    if (isErrno(error, "EPIPE") || (fd === 2 && isErrno(error, "EIO"))) return;
    if (isErrno(error, "ENOSPC", "EIO"))
      throw new CiloError(CliCode.outputFailed, `the output could not be written: ${error.code}`, { cause: error });
    if (!isErrno(error, "EAGAIN")) throw error;
    otherwise(bytes.subarray(written));
  }
}

function ignoringClosedPipe(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on("error", (error: NodeJS.ErrnoException) => {
    // A terminal that was closed answers EIO.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}
