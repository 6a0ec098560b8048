import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CiloError, isCiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { isDnsLabel } from "../spec/names.ts";
import type { Located } from "./environments.ts";
import { type Home, environmentPaths } from "./home.ts";
import { nearest } from "./nearest.ts";
import { EnvironmentRecord } from "./record.ts";
import { readStored, writeStored } from "./stored.ts";

/** A folder below `envs/`, with or without a record in it. */
export interface EnvironmentFolder {
  readonly project: string;
  readonly environment: string;
}

/** Every folder `envs/<project>/<environment>`, sorted; half-made ones too. */
export async function environmentFolders(home: Home): Promise<EnvironmentFolder[]> {
  const root = join(home.root, "envs");
  const projects = (await namesIn(root)).filter(isDnsLabel);
  const folders = await Promise.all(
    projects.map(async (project) =>
      (await namesIn(join(root, project))).filter(isDnsLabel).map((environment) => ({ project, environment })),
    ),
  );
  return folders.flat();
}

/** Every environment of a home. */
export interface Records {
  /** Those with a record, by project and name. */
  readonly located: readonly Located[];
  /** Those whose record is damaged or of a later version, with what is wrong. */
  readonly unreadable: readonly (EnvironmentFolder & { readonly error: CiloError })[];
}

/** Reads every record; one that cannot be read keeps no other from being. */
export async function readRecords(home: Home): Promise<Records> {
  const folders = await environmentFolders(home);
  const read = await Promise.all(folders.map((folder) => readRecord(home, folder)));
  return {
    located: read.flatMap((one) => (one === undefined || "error" in one ? [] : [one])),
    unreadable: read.flatMap((one) => (one !== undefined && "error" in one ? [one] : [])),
  };
}

/** Every environment whose record can be read, by project and name. */
export async function listRecords(home: Home): Promise<readonly Located[]> {
  return (await readRecords(home)).located;
}

async function readRecord(
  home: Home,
  folder: EnvironmentFolder,
): Promise<Located | (EnvironmentFolder & { readonly error: CiloError }) | undefined> {
  try {
    return await loadRecord(home, folder);
  } catch (error) {
    if (isCiloError(error, EngineCode.recordInvalid)) return { ...folder, error };
    throw error;
  }
}

/** The environment of that name, whatever its project; `undefined` when there is none. */
export async function lookUp(home: Home, environment: string): Promise<Located | undefined> {
  for (const folder of await foldersNamed(home, environment)) {
    const located = await loadRecord(home, folder);
    if (located !== undefined) return located;
  }
  return undefined;
}

/** Folders of that environment name, one per project at most; more than one only after a crash. */
export async function foldersNamed(home: Home, environment: string): Promise<EnvironmentFolder[]> {
  return (await environmentFolders(home)).filter((folder) => folder.environment === environment);
}

/** @throws CiloError `ENVIRONMENT_NOT_FOUND` with the nearest name as hint */
export async function find(home: Home, environment: string): Promise<Located> {
  const located = await lookUp(home, environment);
  if (located !== undefined) return located;
  const names = (await environmentFolders(home)).map((folder) => folder.environment);
  const meant = nearest(environment, names);
  throw new CiloError(EngineCode.environmentNotFound, `there is no environment ${environment}`, {
    hint: meant === undefined ? "See what there is: cilo list" : `Did you mean ${meant}?`,
  });
}

/** {@link find} for commands that need a whole environment. @throws CiloError `ENVIRONMENT_NOT_FOUND` also for one that is half made or half removed */
export async function findReady(home: Home, environment: string): Promise<Located> {
  const located = await find(home, environment);
  if (located.record.phase === "ready") return located;
  const half = located.record.phase === "creating" ? "half made" : "half removed";
  throw new CiloError(EngineCode.environmentNotFound, `${environment} is ${half}`, {
    hint: `Make it anew: cilo up ${environment}; or remove it: cilo destroy ${environment}`,
  });
}

/**
 * Writes the record whole or not at all; through to the disk once it is one that must outlive a power cut. One that is
 * `creating` need not: what is lost with it is found by its labels at the engine.
 */
export async function saveRecord(home: Home, record: EnvironmentRecord): Promise<Located> {
  const paths = environmentPaths(home, record);
  await writeStored(paths.record, record, { sync: record.phase !== "creating" });
  return { record, paths };
}

function removalHint(environment: string): string {
  return `Put it back from a copy, or remove what is left of it: cilo destroy ${environment} --force`;
}

async function loadRecord(home: Home, folder: EnvironmentFolder): Promise<Located | undefined> {
  const paths = environmentPaths(home, folder);
  const record = await readStored(paths.record, EnvironmentRecord, { hint: removalHint(folder.environment) });
  if (record === undefined) return undefined;
  if (record.project === folder.project && record.environment === folder.environment) return { record, paths };
  throw new CiloError(EngineCode.recordInvalid, `${paths.record} is not the record of ${dirname(paths.record)}`, {
    hint: removalHint(folder.environment),
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
