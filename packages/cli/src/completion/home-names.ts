import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@cilo/base";
import { isDnsLabel } from "@cilo/engine";
import { type Invoker, homeRoot } from "../home-root.ts";

export interface FoundEnvironment {
  readonly project: string;
  readonly environment: string;
  readonly folder: string;
}

/** The environments of a home by their folders alone: quick enough for a shell that waits for completions. */
export async function readHomeNames(invoker: Invoker): Promise<readonly FoundEnvironment[]> {
  const root = join(homeRoot(invoker), "envs");
  const projects = await labelsIn(root);
  const found = await Promise.all(
    projects.map(async (project) =>
      (await labelsIn(join(root, project))).map((environment) => ({
        project,
        environment,
        folder: join(root, project, environment),
      })),
    ),
  );
  return found.flat();
}

async function labelsIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(isDnsLabel);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  }
}
