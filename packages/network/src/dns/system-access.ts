import { readFile } from "node:fs/promises";
import { lookup } from "node:dns/promises";
import { isAbsolute, join } from "node:path";
import { isCiloError, isErrno, run } from "@cilo/base";

/** The system whose resolver is set up. Tests put another root, other programs and another lookup in its place. */
export interface SystemAccess {
  readonly platform: NodeJS.Platform;
  /** Where a path of the system really is. */
  path(absolute: string): string;
  /** The file's text; bytes that are no UTF-8 are kept as they are (latin1). */
  read(absolute: string): Promise<string | undefined>;
  /** Runs a program of the system; `undefined` when there is none of that name. */
  run(file: string, args: readonly string[], signal: AbortSignal): Promise<ProgramResult | undefined>;
  /** What programs of this system get when they look the name up: getaddrinfo, not a DNS query. */
  lookup(name: string): Promise<string | undefined>;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);

/** This machine. */
export function thisSystem(options: {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that stands for `/`. */
  readonly root?: string;
}): SystemAccess {
  const path = (absolute: string): string => {
    if (!isAbsolute(absolute)) throw new Error(`not an absolute path: ${absolute}`);
    return join(options.root ?? "/", absolute);
  };
  const folders = "/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    platform: options.platform,
    path,
    read: (absolute) => readLatin1(path(absolute)),
    async run(file, args, signal) {
      try {
        const env = { ...options.env, PATH: `${options.env["PATH"] ?? ""}:${folders}`, LC_ALL: "C" };
        return await run(file, args, { signal, env, expect: ANY_STATUS });
      } catch (error) {
        if (isCiloError(error, "COMMAND_NOT_FOUND")) return undefined;
        throw error;
      }
    },
    lookup: lookUpHost,
  };
}

/** Latin-1 maps every byte to one character and back, so that what cannot be decoded is restored all the same. */
async function readLatin1(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function lookUpHost(name: string): Promise<string | undefined> {
  try {
    return (await lookup(name, { family: 4 })).address;
  } catch (error) {
    if (isErrno(error, "ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "ENODATA")) return undefined;
    throw error;
  }
}
