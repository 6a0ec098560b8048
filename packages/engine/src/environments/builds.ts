import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@cilo/base";
import type { Change } from "../workspace/workspace.ts";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { Applied, UnappliedPaths } from "./applied.ts";
import type { Located } from "./environments.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import { isInside } from "./source.ts";

/**
 * Services whose image has to be built again although it is there: something in a build context came over from the
 * source or was edited in the workspace, or the build is defined otherwise. Images that are not there are built anyway.
 */
export function buildsNeeded(
  now: { readonly isolated: IsolatedSpec; readonly isolation: StoredIsolation; readonly edits: string },
  than: { readonly located: Located; readonly unapplied: UnappliedPaths; readonly last: Applied | undefined },
): string[] {
  const { last, unapplied } = than;
  if (last === undefined) return unapplied === "unknown" ? built(now.isolation).map((service) => service.name) : [];
  const isEdited = last.edits !== now.edits;
  const hasChanged = (contexts: readonly string[]): boolean =>
    isEdited ||
    unapplied === "unknown" ||
    unapplied.some((path) => isIn(contexts, join(than.located.paths.workspace, path)));
  const isDefinedOtherwise = (name: string): boolean =>
    JSON.stringify(last.spec.document.services[name]?.build) !==
    JSON.stringify(now.isolated.document.services[name]?.build);
  return built(now.isolation)
    .filter((service) => hasChanged(service.buildContexts) || isDefinedOtherwise(service.name))
    .map((service) => service.name);
}

function built(isolation: StoredIsolation): StoredIsolation["services"] {
  return isolation.services.filter((service) => service.buildContexts.length > 0);
}

/**
 * Changes when a file does that was edited in the workspace alone and lies in a build context. By size and time of
 * change, so that nothing is read that is not built.
 */
export async function editsFingerprint(
  isolation: StoredIsolation,
  workspace: string,
  edits: readonly Change[],
): Promise<string> {
  const contexts = isolation.services.flatMap((service) => service.buildContexts);
  const paths = edits.map((edit) => edit.path).filter((path) => isIn(contexts, join(workspace, path)));
  const lines = await Promise.all(paths.map(async (path) => `${path}\0${await stamp(join(workspace, path))}`));
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}

/** Size, time and mode of what is at a path, links not followed. */
export async function stamp(path: string): Promise<string> {
  try {
    const { size, mtimeMs, mode } = await lstat(path);
    return `${size} ${mtimeMs} ${mode}`;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return "gone";
    throw error;
  }
}

function isIn(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => isInside(folder, path));
}
