import { BaseCode, CiloError, isCiloError, run } from "@cilo/base";
import type { SyncAccess } from "@cilo/api";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";

export interface Transfer {
  /** Absolute folder on this machine. */
  readonly folder: string;
  readonly access: SyncAccess;
  readonly direction: "up" | "down";
  /** Only tell what would be done. */
  readonly dryRun?: boolean;
}

export interface Transferred {
  /** What rsync did, a line of `--itemize-changes` each, the path behind it. */
  readonly items: readonly { readonly change: string; readonly path: string }[];
  /** What did not arrive, a line of rsync's each. */
  readonly problems: readonly string[];
}

/** Statuses after which the rest has arrived: some files could not be sent, or went while they were sent. */
const PARTIAL = [23, 24];
const TIMEOUT_SECONDS = 60;

/**
 * Makes one side what the other is, through the tunnel: modes, links and times kept, what is gone deleted. Files that
 * cannot be sent are told and do not keep the others from being.
 * @throws CiloError `SYNC_FAILED`, `RSYNC_MISSING`
 */
export async function transfer(context: CiloContext, request: Transfer): Promise<Transferred> {
  const { access, direction, folder } = request;
  const here = folder.endsWith("/") ? folder : `${folder}/`;
  const there = withUser(access);
  const args = [
    "--recursive",
    "--links",
    "--perms",
    "--times",
    "--delete",
    "--itemize-changes",
    "--8-bit-output",
    "--contimeout=15",
    `--timeout=${TIMEOUT_SECONDS}`,
    ...((await hasZstd(context)) ? ["--compress", "--compress-choice=zstd", "--compress-level=1"] : []),
    ...(request.dryRun === true ? ["--dry-run"] : []),
    "--",
    ...(direction === "up" ? [here, there] : [there, here]),
  ];
  const { exitCode, stdout, stderr } = await rsync(context, args, access.password);
  return { items: itemsOf(stdout), problems: exitCode === 0 ? [] : problemsOf(stderr) };
}

function withUser({ url, user }: SyncAccess): string {
  return url.replace(/^rsync:\/\//u, `rsync://${user}@`);
}

async function rsync(context: CiloContext, args: readonly string[], password: string) {
  const env = { PATH: context.env["PATH"], HOME: context.env["HOME"], LC_ALL: "C", RSYNC_PASSWORD: password };
  try {
    return await run("rsync", args, { signal: context.signal, env, expect: [0, ...PARTIAL] });
  } catch (cause) {
    if (isCiloError(cause, BaseCode.commandNotFound))
      throw new CiloError(CliCode.rsyncMissing, "there is no rsync on this machine", {
        cause,
        hint: "Install it: sudo apt-get install rsync, or brew install rsync",
      });
    if (!isCiloError(cause, BaseCode.commandFailed)) throw cause;
    throw new CiloError(CliCode.syncFailed, `the files did not arrive: ${lastLine(cause.message)}`, {
      cause,
      hint: "What arrived is kept; run the command again",
    });
  }
}

/** openrsync, which macOS has, knows no zstd; nor does rsync before 3.2. */
async function hasZstd(context: CiloContext): Promise<boolean> {
  try {
    const env = { PATH: context.env["PATH"], LC_ALL: "C" };
    const { stdout } = await run("rsync", ["--version"], { signal: context.signal, env });
    return /\bzstd\b/u.test(stdout);
  } catch (error) {
    if (isCiloError(error, BaseCode.commandNotFound, BaseCode.commandFailed)) return false;
    throw error;
  }
}

/** `>f.st...... path`, `*deleting   path`: eleven signs, a space, the path. */
function itemsOf(stdout: string): Transferred["items"] {
  return stdout.split("\n").flatMap((line) => {
    const match = /^(\*deleting|[<>ch.*][fdLDS][^ ]{9}) +(.*)$/su.exec(line);
    return match === null ? [] : [{ change: match[1] ?? "", path: match[2] ?? "" }];
  });
}

function problemsOf(stderr: string): string[] {
  return stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^rsync error:|^\(in file|^IO error encountered/u.test(line))
    .map((line) => line.replace(/^(?:rsync: )?(?:\[\w+\] )?/u, ""));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? text;
}
