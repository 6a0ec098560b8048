import { spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { CiloError, isErrno } from "@cilo/base";
import { NetworkCode } from "../errors.ts";

/** Where `sudo cilo init` installs the helper. */
export const HELPER_SOCKET = "/run/cilo-helper.sock";
export const HELPER_PROGRAM = "/usr/local/libexec/cilo-helper";

/** Takes a request to the helper and brings its answer. */
export type AskHelper = (request: Buffer, signal: AbortSignal) => Promise<Buffer>;

/** Over the socket whose unit starts a helper for each connection. */
function askOverSocket(path: string): AskHelper {
  return async (request, signal) => {
    const socket = connect({ path, allowHalfOpen: true, signal });
    try {
      // The end of our half is the end of the request.
      socket.end(request);
      return await buffer(socket);
    } catch (error) {
      signal.throwIfAborted();
      // It ended before it read the request: no answer.
      if (isErrno(error, "ECONNRESET", "EPIPE")) return Buffer.alloc(0);
      throw isErrno(error, "EACCES", "EPERM") ? notInGroup(error) : error;
    } finally {
      socket.destroy();
    }
  };
}

/** By starting the program, which is setuid: for systems without systemd. */
function askProgram(argv: readonly string[]): AskHelper {
  return async (request, signal) => {
    const [file = "", ...args] = argv;
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], env: {}, signal });
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    // A helper that refuses to start does not read; its missing answer is what is told.
    child.stdin.on("error", () => {});
    child.stdin.end(request);
    try {
      return await Promise.race([buffer(child.stdout), failed]);
    } catch (error) {
      signal.throwIfAborted();
      throw isErrno(error, "EACCES", "EPERM") ? notInGroup(error) : error;
    }
  };
}

/** The way to the installed helper; `undefined` when `sudo cilo init` did not install one. */
export async function findHelper(
  paths: { readonly socket: string; readonly program: string } = { socket: HELPER_SOCKET, program: HELPER_PROGRAM },
): Promise<AskHelper | undefined> {
  if (await isThere(paths.socket)) return askOverSocket(paths.socket);
  return (await isSetuid(paths.program)) ? askProgram([paths.program]) : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function isSetuid(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && (found.mode & constants.S_IFREG) !== 0 && (found.mode & 0o4000) !== 0;
}

function notInGroup(cause: unknown): CiloError {
  return new CiloError(NetworkCode.tunnelRefused, "this user may not use the helper: it is for the group cilo", {
    cause,
    hint: "sudo usermod -aG cilo $USER, then log in again",
  });
}

/** What a command says that needs a tunnel on a machine without the helper. */
export function helperMissing(command: string): CiloError {
  return new CiloError(
    NetworkCode.tunnelRefused,
    "a tunnel needs a network interface, which only root may make, and the helper that does it for users is not installed",
    { hint: `Install it once: sudo cilo init; or run this once as root: sudo ${command}` },
  );
}
