import { dirname, join } from "node:path";
import { makeFolder } from "@cilo/base";
import { composeProjectName } from "../isolation/names.ts";
import { parseLabel } from "../spec/names.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { DestroyResult, Located, OperationContext } from "./environments.ts";
import { environmentPaths } from "./home.ts";
import { refuseLosses } from "./losses.ts";
import { beginOperation } from "./operation.ts";
import { find, foldersNamed, lookUp, readRecords, saveRecord } from "./records.ts";
import { DEFAULT_OPTIONS } from "./options.ts";
import { removeDebris, removeEnvironment } from "./remove.ts";
import { isFolder } from "./source.ts";
import { type Work, createWork } from "./work.ts";

/** {@link Environments.destroy} */
export async function destroyEnvironment(
  deps: EnvironmentsDeps,
  name: string,
  request: { readonly keepWorkspace: boolean; readonly force: boolean } & OperationContext,
): Promise<DestroyResult> {
  const environment = parseLabel(name, "environment");
  await using operation = await beginOperation(deps.home, environment, request);
  const damaged = request.force ? await damagedRecord(deps, environment, request) : undefined;
  const debris = damaged === undefined ? await debrisOf(deps, environment, request) : undefined;
  if (debris !== undefined) return debris;
  const located = damaged ?? (await find(deps.home, environment));
  const work = createWork(deps, { runtime: located.record.runtime, operation, context: request });
  await requireEngine(work, located);
  if (located.record.phase === "ready" && !request.force && !request.keepWorkspace) await refuseLosses(work, located);
  const leaving = request.keepWorkspace ? await withPlaceToKeep(deps, located) : located;
  await removeEnvironment(work, leaving);
  const { project, keepWorkspaceAt } = leaving.record;
  return { environment, project, ...(keepWorkspaceAt === undefined ? {} : { workspace: keepWorkspaceAt }) };
}

/** What is known of an environment whose record cannot be read: enough to remove it, with force. */
async function damagedRecord(
  deps: EnvironmentsDeps,
  environment: string,
  options: { readonly signal: AbortSignal },
): Promise<Located | undefined> {
  const { unreadable } = await readRecords(deps.home);
  const folder = unreadable.find((one) => one.environment === environment);
  if (folder === undefined) return undefined;
  return {
    paths: environmentPaths(deps.home, folder),
    record: {
      version: 1,
      project: folder.project,
      environment,
      phase: "destroying",
      sourceRoot: "",
      projectPath: "",
      format: "",
      runtime: await deps.defaultRuntime(options),
      suffix: deps.defaultSuffix,
      createdAt: new Date(deps.clock.now()).toISOString(),
      options: DEFAULT_OPTIONS,
    },
  };
}

/** A creation that was killed before it had a record leaves a folder at most. */
async function debrisOf(
  deps: EnvironmentsDeps,
  environment: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<DestroyResult | undefined> {
  const [folder] = await foldersNamed(deps.home, environment);
  if (folder === undefined || (await lookUp(deps.home, environment)) !== undefined) return undefined;
  await removeDebris(deps, environment, { signal });
  return { environment, project: folder.project };
}

/** An engine that does not answer leaves everything as it is. */
async function requireEngine(work: Work, { record }: Located): Promise<void> {
  const composeProject = composeProjectName({ ...record, home: work.deps.home.id });
  await work.runtime.status({ composeProject }, { signal: work.context.signal });
}

/** Remembers where the workspace goes before anything is removed, so that a killed attempt does not lose it. */
async function withPlaceToKeep(deps: EnvironmentsDeps, located: Located): Promise<Located> {
  if (located.record.keepWorkspaceAt !== undefined || !(await isFolder(located.paths.workspace))) return located;
  const { project, environment } = located.record;
  const time = new Date(deps.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/gu, "");
  const keepWorkspaceAt = join(deps.home.root, "kept", project, `${environment}-${time}`);
  await makeFolder(dirname(keepWorkspaceAt));
  return await saveRecord(deps.home, { ...located.record, keepWorkspaceAt });
}
