import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, readFileIfThere } from "@cilo/base";
import type { EnvironmentsDeps } from "./deps.ts";
import type { OperationContext } from "./environments.ts";
import { type Home, environmentPaths, operationMarkerPath } from "./home.ts";
import { beginOperation, isBusy } from "./operation.ts";
import type { Orphan } from "./orphans.ts";
import { type EnvironmentFolder, environmentFolders, lookUp, readRecords } from "./records.ts";
import { removeDebris, removeEnvironment } from "./remove.ts";
import { createWork } from "./work.ts";

interface Looking {
  readonly signal: AbortSignal;
}

/** Environments that a killed command left half made, half changed or half removed, and its temporary files. */
export async function findOrphanFolders(deps: EnvironmentsDeps, { signal }: Looking): Promise<Orphan[]> {
  const { home } = deps;
  const { unreadable } = await readRecords(home);
  const isUnreadable = (folder: EnvironmentFolder): boolean =>
    unreadable.some((one) => one.project === folder.project && one.environment === folder.environment);
  const orphans: Orphan[] = unreadable.map(({ error }) => ({
    status: "fail",
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }));
  for (const folder of await environmentFolders(home))
    if (!isUnreadable(folder) && !(await isBusy(home, folder.environment, signal)))
      orphans.push(...(await orphansOf(deps, folder)));
  return [...orphans, ...(await staleFiles(home))];
}

async function orphansOf(deps: EnvironmentsDeps, folder: EnvironmentFolder): Promise<Orphan[]> {
  const { environment } = folder;
  const located = await lookUp(deps.home, environment);
  if (located === undefined || located.record.project !== folder.project)
    return [
      {
        status: "fail",
        message: `${environmentPaths(deps.home, folder).folder} was left by a creation that was killed`,
        fix: (signal) => removeFolder(deps, environment, { signal }),
      },
    ];
  if (located.record.phase !== "ready") {
    const half = located.record.phase === "creating" ? "half made" : "half removed";
    return [
      {
        status: "fail",
        message: `${environment} was left ${half} by a command that was killed`,
        fix: (signal) => removeHalf(deps, environment, { signal }),
      },
    ];
  }
  if ((await readFileIfThere(operationMarkerPath(deps.home, environment))) === undefined) return [];
  return [
    {
      status: "warn",
      message: `a command on ${environment} was killed`,
      hint: `Bring it to what it should be: cilo up ${environment}`,
      fix: async (signal) => {
        await using _ = await beginOperation(deps.home, environment, quietly({ signal }));
        return `ended what that command had left running; cilo up ${environment} goes on from there`;
      },
    },
  ];
}

async function removeFolder(deps: EnvironmentsDeps, environment: string, { signal }: Looking): Promise<string> {
  await using _ = await beginOperation(deps.home, environment, quietly({ signal }));
  await removeDebris(deps, environment, { signal });
  return "removed it";
}

async function removeHalf(deps: EnvironmentsDeps, environment: string, { signal }: Looking): Promise<string> {
  const context = quietly({ signal });
  await using operation = await beginOperation(deps.home, environment, context);
  const located = await lookUp(deps.home, environment);
  if (located === undefined || located.record.phase === "ready") return "it is whole by now";
  await removeEnvironment(createWork(deps, { runtime: located.record.runtime, operation, context }), located);
  return "removed it";
}

function quietly({ signal }: Looking): OperationContext {
  return { signal, onEvent: () => undefined };
}

/** `<name>.<pid>.<random>.tmp`, as `writeFileAtomic` calls what it writes before it is whole. */
const TEMPORARY = /\.(\d+)\.[0-9a-f]{8}\.tmp$/u;

async function staleFiles(home: Home): Promise<Orphan[]> {
  const environments = (await environmentFolders(home)).map((folder) => environmentPaths(home, folder).folder);
  const folders = [home.root, ...["blocks", "consents", "locks"].map((name) => join(home.root, name)), ...environments];
  const files = (await Promise.all(folders.map(temporaryFilesIn))).flat();
  if (files.length === 0) return [];
  return [
    {
      status: "warn",
      message: `${files.length} temporary file${files.length === 1 ? "" : "s"} of killed commands in ${home.root}`,
      fix: async () => {
        await Promise.all(files.map((file) => rm(file, { force: true })));
        return `removed ${files.length}`;
      },
    },
  ];
}

async function temporaryFilesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => isLeftBehind(TEMPORARY.exec(name)?.[1])).map((name) => join(folder, name));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function isLeftBehind(pid: string | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return isErrno(error, "ESRCH");
  }
}
