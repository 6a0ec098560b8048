import { readFileSync } from "node:fs";
import { CiloError, isErrno, writeFileAtomic } from "@cilo/base";
import type * as z from "zod/mini";
import { EngineCode } from "../errors.ts";

interface Schema<T> {
  safeParse(data: unknown): z.core.util.SafeParseResult<T>;
}

/**
 * A JSON file of ours through its schema; `undefined` when it is not there.
 * @throws CiloError `RECORD_INVALID` when it cannot be read as what it should be.
 */
export async function readStored<T>(
  path: string,
  schema: Schema<T>,
  options: { readonly hint?: string } = {},
): Promise<T | undefined> {
  const text = readNow(path);
  if (text === undefined) return undefined;
  const checked = schema.safeParse(parseJson(text));
  if (checked.success) return checked.data;
  throw new CiloError(EngineCode.recordInvalid, `${path} was not written by this version of Cilo, or is damaged`, {
    cause: checked.error,
    hint: options.hint ?? "Use the version that wrote it, or see what is wrong: cilo doctor",
  });
}

/** Writes a JSON file of ours whole or not at all, 0600. */
export async function writeStored(path: string, value: unknown, options: { sync?: boolean } = {}): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`, options);
}

/** Not asynchronously: `cilo list` reads two small files per environment, and that takes a third of the time. */
function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
