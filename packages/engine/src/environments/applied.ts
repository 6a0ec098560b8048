import { rename, rm } from "node:fs/promises";
import { isErrno } from "@cilo/base";
import * as z from "zod/mini";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { EnvironmentPaths } from "./home.ts";
import { StoredSpec } from "./spec-file.ts";
import { readStored, writeStored } from "./stored.ts";

/**
 * What of an environment has reached the engine. An `up` that is killed between changing a file and telling the engine
 * must not look like one that has nothing to do:
 *
 * - `unapplied.json` is written before source edits come over, says which did, and goes when `up` has succeeded;
 * - `applied.json` is written when `up` has succeeded, and becomes `previous.json` before the engine is changed, which
 *   stays until an `up` succeeds: it is what a service that stays unhealthy is put back from.
 */
const Applied = z.object({
  version: z.literal(1),
  /** The generated Compose file. */
  compose: z.string(),
  /** Fingerprint of what was edited in the workspace alone and goes into images. */
  edits: z.string(),
  spec: StoredSpec,
});

/** A state of an environment that was running well. */
export interface Applied {
  readonly compose: string;
  readonly edits: string;
  readonly spec: IsolatedSpec;
}

/** `unknown`: a sync was killed, anything may have come over. */
const Unapplied = z.object({ version: z.literal(1), paths: z.union([z.array(z.string()), z.literal("unknown")]) });
export type UnappliedPaths = z.infer<typeof Unapplied>["paths"];

/** What the engine has; `undefined` while it has nothing or an `up` did not end well. */
export async function loadApplied(paths: EnvironmentPaths): Promise<Applied | undefined> {
  return await readStored(paths.applied, Applied);
}

/** What ran well before; `undefined` when nothing did. */
export async function loadPrevious(paths: EnvironmentPaths): Promise<Applied | undefined> {
  return await readStored(paths.previous, Applied);
}

/** To be called before the engine is changed, by `down` too. */
export async function beginApplying(paths: EnvironmentPaths): Promise<void> {
  try {
    await rename(paths.applied, paths.previous);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/**
 * To be called when the engine has what it should have, and it is well. `keepUnapplied`: it is what it had before, so
 * that source edits that came over are still to be brought to it.
 */
export async function endApplying(
  paths: EnvironmentPaths,
  applied: Applied,
  options: { readonly keepUnapplied?: boolean } = {},
): Promise<void> {
  await writeStored(paths.applied, { version: 1, ...applied }, { sync: false });
  await rm(paths.previous, { force: true });
  if (options.keepUnapplied !== true) await rm(paths.unapplied, { force: true });
}

/** Source edits that came over and that the engine has not been told of. */
export async function loadUnapplied(paths: EnvironmentPaths): Promise<UnappliedPaths> {
  return (await readStored(paths.unapplied, Unapplied))?.paths ?? [];
}

export async function saveUnapplied(paths: EnvironmentPaths, unapplied: UnappliedPaths): Promise<void> {
  if (unapplied.length === 0) return await rm(paths.unapplied, { force: true });
  await writeStored(paths.unapplied, { version: 1, paths: unapplied }, { sync: false });
}
