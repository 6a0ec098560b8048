import { readdir, rename, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno, readFileIfThere } from "@cilo/base";
import { composeProjectName } from "../isolation/names.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located } from "./environments.ts";
import { type Home, environmentPaths } from "./home.ts";
import type { EnvironmentRecord } from "./record.ts";
import { environmentFolders, foldersNamed, saveRecord } from "./records.ts";
import { KEEP_SHARED_MS, leaveOthers } from "./shared-leave.ts";
import { loadShared, sharedProjects } from "./shared-records.ts";
import type { Work } from "./work.ts";
import { fileWorkspaces } from "./file-workspaces.ts";

/**
 * Removes an environment without a trace, in whatever state it is: names first, its record last. Each step may find
 * its work done by an earlier, killed attempt. Destroying, rolling back and starting over are all this.
 *
 * @throws CiloError; what is left is found by the next attempt, since the record stays until all else is gone
 */
export async function removeEnvironment(work: Work, located: Located): Promise<void> {
  const { deps, runtime, context } = work;
  const { signal } = context;
  const { paths } = located;
  const touchedEngine = await mayHaveTouchedEngine(located);
  const record: EnvironmentRecord = { ...located.record, phase: "destroying" };
  // One that was never ready is removed by whoever comes next; saying so again would need space on a full disk.
  if (located.record.phase !== "creating") await saveRecord(deps.home, record);
  await work.progress.phase("names", () => deps.names.withdraw(record, { signal }));
  await leaveOthers(work, located, { kept: [] });
  const identity = { ...record, home: deps.home.id };
  if (touchedEngine)
    await work.progress.phase("remove", () => runtime.destroy(composeProjectName(identity), { signal }));
  await deps.addresses.release(`${record.project}/${record.environment}`);
  if (record.keepWorkspaceAt !== undefined) await moveOut(paths.workspace, record.keepWorkspaceAt);
  await work.progress.phase("remove", () => removeFolder(work, located));
  await retireShared(deps, record.project);
}

/** The generated file is written before the engine is first asked to make anything. */
async function mayHaveTouchedEngine({ record, paths }: Located): Promise<boolean> {
  return record.phase !== "creating" || (await readFileIfThere(paths.compose)) !== undefined;
}

async function moveOut(workspace: string, target: string): Promise<void> {
  try {
    await rename(workspace, target);
  } catch (error) {
    // Moved already by an attempt that was killed afterwards.
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** Everything in the folder, then the record, then the folder and, when it was the last, the project's. */
async function removeFolder(work: Work, { paths }: Located): Promise<void> {
  const options = { within: envsFolder(work.deps.home), signal: work.context.signal };
  const entries = (await readdir(paths.folder)).map((name) => join(paths.folder, name));
  for (const path of entries.filter((path) => path !== paths.record)) await work.workspaces.removeTree(path, options);
  await work.workspaces.removeTree(paths.folder, options);
  await removeIfEmpty(dirname(paths.folder));
}

/** Data of shared services goes with the last environment of their project. */
async function retireShared(deps: EnvironmentsDeps, project: string): Promise<void> {
  if ((await environmentFolders(deps.home)).some((folder) => folder.project === project)) return;
  for (const composeProject of await sharedProjects(deps.home)) {
    const shared = await loadShared(deps.home, composeProject);
    if (shared?.project === project && shared.reaped) await deps.scheduleReap(composeProject, KEEP_SHARED_MS);
  }
}

/** Removes folders of that name that have no record: a creation that was killed before it had one. The caller holds the name's lock. */
export async function removeDebris(
  deps: Pick<EnvironmentsDeps, "home" | "workspaces">,
  environment: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const workspaces = deps.workspaces ?? fileWorkspaces;
  for (const folder of await foldersNamed(deps.home, environment)) {
    const paths = environmentPaths(deps.home, folder);
    if ((await readFileIfThere(paths.record)) !== undefined) continue;
    await workspaces.removeTree(paths.folder, { within: envsFolder(deps.home), signal });
    await removeIfEmpty(dirname(paths.folder));
  }
}

function envsFolder(home: Home): string {
  return join(home.root, "envs");
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY", "EEXIST")) throw error;
  }
}
