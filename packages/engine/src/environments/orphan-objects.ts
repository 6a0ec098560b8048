import { isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { composeProjectName } from "../isolation/names.ts";
import type { Runtime, RuntimeInfo } from "../runtimes/runtime.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { beginOperation, isBusy } from "./operation.ts";
import type { Orphan } from "./orphans.ts";
import { lookUp, readRecords } from "./records.ts";
import { lockShared, sharedProjects } from "./shared-records.ts";

interface Looking {
  readonly signal: AbortSignal;
}

/** Containers, networks, volumes and images of this home at an engine that no environment and no shared service accounts for. */
export async function findOrphanObjects(deps: EnvironmentsDeps, { signal }: Looking): Promise<Orphan[]> {
  const { located } = await readRecords(deps.home);
  const runtimes = new Set([await deps.defaultRuntime({ signal }), ...located.map(({ record }) => record.runtime)]);
  const orphans: Orphan[] = [];
  for (const name of runtimes) {
    const runtime = deps.runtimes(name);
    const info = await inspectIfThere(runtime, { signal });
    if (info !== undefined) orphans.push(...(await orphansAt(deps, { runtime, info }, { signal })));
  }
  return orphans;
}

async function inspectIfThere(runtime: Runtime, options: Looking): Promise<RuntimeInfo | undefined> {
  try {
    return await runtime.inspect(options);
  } catch (error) {
    if (isCiloError(error, EngineCode.engineUnreachable, EngineCode.engineMissing)) return undefined;
    throw error;
  }
}

async function orphansAt(
  deps: EnvironmentsDeps,
  at: { readonly runtime: Runtime; readonly info: RuntimeInfo },
  { signal }: Looking,
): Promise<Orphan[]> {
  const ours = at.info.owned.filter((object) => object.home === deps.home.id && object.composeProject !== undefined);
  const orphans: Orphan[] = [];
  for (const [composeProject, objects] of Map.groupBy(ours, (object) => object.composeProject ?? "")) {
    const place = placeOf(composeProject);
    if (place === undefined || (await isAccountedFor(deps, composeProject, place))) continue;
    if (place.kind === "environment" && (await isBusy(deps.home, place.environment, signal))) continue;
    orphans.push({
      status: "fail",
      message: `${objects.map(({ kind, name }) => `${kind} ${name}`).join(", ")} at ${at.runtime.name} belong to no environment`,
      fix: (fixSignal) => removeObjects(deps, { runtime: at.runtime, composeProject, place }, { signal: fixSignal }),
    });
  }
  return orphans;
}

type Place =
  | { readonly kind: "environment"; readonly project: string; readonly environment: string }
  | { readonly kind: "shared" };

/** What a Compose project's name says (isolation/names.ts); `undefined` for a name that is none of ours. */
function placeOf(composeProject: string): Place | undefined {
  const [prefix, project, environment, home] = composeProject.split("_");
  if (prefix !== "cilo" || project === undefined || environment === undefined || home === undefined) return undefined;
  return home === "shared" ? { kind: "shared" } : { kind: "environment", project, environment };
}

async function isAccountedFor(deps: EnvironmentsDeps, composeProject: string, place: Place): Promise<boolean> {
  if (place.kind === "shared") return (await sharedProjects(deps.home)).includes(composeProject);
  const located = await lookUpUnlessUnreadable(deps, place.environment);
  if (located === undefined) return false;
  return located === "unreadable" || composeProjectName({ ...located.record, home: deps.home.id }) === composeProject;
}

async function lookUpUnlessUnreadable(
  deps: EnvironmentsDeps,
  environment: string,
): Promise<Awaited<ReturnType<typeof lookUp>> | "unreadable"> {
  try {
    return await lookUp(deps.home, environment);
  } catch (error) {
    if (isCiloError(error, EngineCode.recordInvalid)) return "unreadable";
    throw error;
  }
}

async function removeObjects(
  deps: EnvironmentsDeps,
  orphan: { readonly runtime: Runtime; readonly composeProject: string; readonly place: Place },
  { signal }: Looking,
): Promise<string> {
  const { runtime, composeProject, place } = orphan;
  const options = { signal, onEvent: () => undefined };
  await using _ =
    place.kind === "environment"
      ? await beginOperation(deps.home, place.environment, options)
      : await lockShared(deps.home, composeProject, { signal });
  if (await isAccountedFor(deps, composeProject, place)) return "it belongs to an environment by now";
  await runtime.destroy(composeProject, { signal });
  return "removed them";
}
