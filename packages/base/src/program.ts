import { existsSync } from "node:fs";
import { BaseCode, CiloError, printable } from "./errors.ts";

/** Variables as a child gets them. */
export function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a program that did not start is told as. The system says ENOENT also of a missing working folder. */
export function notStarted(file: string, cause: unknown, cwd?: string): CiloError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (cwd !== undefined && !existsSync(cwd))
    return new CiloError(BaseCode.commandFailed, `${file} could not be started in ${cwd}: there is no such folder`, {
      cause,
    });
  if (code === "ENOENT")
    return new CiloError(BaseCode.commandNotFound, `${file} is not installed or not on the PATH`, { cause });
  return new CiloError(
    BaseCode.commandFailed,
    `${file} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}

/** A program that ended in a status that is no answer. */
export function commandFailed(
  file: string,
  args: readonly string[],
  failure: { status: string | number; stderr: string },
): CiloError {
  const command = [file, ...args].slice(0, 4).join(" ");
  const last = failure.stderr.split("\n").map(printable).filter(Boolean).slice(-3).join("; ");
  return new CiloError(
    BaseCode.commandFailed,
    `${command}${args.length > 3 ? " …" : ""} ended with ${failure.status}${last === "" ? "" : `: ${last}`}`,
    {
      cause: { command: [file, ...args], stderr: failure.stderr },
    },
  );
}
