import { join } from "node:path";
import * as z from "zod/mini";
import type { Change } from "../workspace/workspace.ts";
import { stamp } from "./builds.ts";
import type { EnvironmentPaths } from "./home.ts";
import { readStored, writeStored } from "./stored.ts";

const Generated = z.object({ version: z.literal(1), files: z.record(z.string(), z.string()) });

/** Remembers what Cilo or a hook changed in the workspace at creation, by size and time of change. */
export async function saveGenerated(paths: EnvironmentPaths, changes: readonly Change[]): Promise<void> {
  const files = await Promise.all(
    changes.map(async ({ path }) => [path, await stamp(join(paths.workspace, path))] as const),
  );
  await writeStored(paths.generated, { version: 1, files: Object.fromEntries(files) }, { sync: false });
}

/** The changes without those that stand as Cilo or a hook made them: nobody's work. */
export async function withoutGenerated(paths: EnvironmentPaths, changes: readonly Change[]): Promise<Change[]> {
  const generated = await readStored(paths.generated, Generated);
  if (generated === undefined) return [...changes];
  const isGenerated = await Promise.all(
    changes.map(async ({ path }) => generated.files[path] === (await stamp(join(paths.workspace, path)))),
  );
  return changes.filter((_, index) => isGenerated[index] !== true);
}
