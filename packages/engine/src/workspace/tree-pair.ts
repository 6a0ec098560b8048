import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno } from "@cilo/base";
import { type RawPath, toRaw } from "./raw-path.ts";
import type { TreePair } from "./workspace.ts";

/** What never belongs to the source though it may lie in it: the environment's own folder and what the caller names. */
export async function excludedPlaces(pair: Pick<TreePair, "workspace" | "exclude">): Promise<ReadonlySet<RawPath>> {
  const places = [dirname(pair.workspace), ...(pair.exclude ?? [])];
  const real = await Promise.all(places.map(realIfThere));
  return new Set(real.filter((path) => path !== undefined).map(toRaw));
}

async function realIfThere(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
