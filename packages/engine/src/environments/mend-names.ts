import { BaseCode, isCiloError, lock } from "@cilo/base";
import type { EnvironmentsDeps } from "./deps.ts";
import { type Containers, endpointsOf } from "./endpoints.ts";
import { environmentLockPath } from "./home.ts";
import { loadIsolation } from "./isolation-file.ts";
import { lookUp } from "./records.ts";

/**
 * Publishes the names of an environment as it runs now: containers that were started again without Cilo, by the engine
 * after a crash or a restart of the machine, may have other addresses. Skipped while another command is at work on it,
 * which does so itself, and when nothing of it is there.
 *
 * @returns whether the names were published. A DNS server that cannot be had is not this function's to report.
 */
export async function mendNames(
  deps: Pick<EnvironmentsDeps, "home" | "runtimes" | "names">,
  environment: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await using _ = await lock(environmentLockPath(deps.home, environment), { signal, timeoutMs: 0 });
    return await publishNow(deps, environment, { signal });
  } catch (error) {
    if (isCiloError(error) && (error.code === BaseCode.timeout || !signal.aborted)) return false;
    throw error;
  }
}

async function publishNow(
  deps: Pick<EnvironmentsDeps, "home" | "runtimes" | "names">,
  environment: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const located = await lookUp(deps.home, environment);
  if (located?.record.phase !== "ready") return false;
  const { record, paths } = located;
  const isolation = await loadIsolation(paths.isolated);
  if (isolation === undefined) return false;
  const runtime = deps.runtimes(record.runtime);
  const projects = [isolation.composeProject, ...isolation.shared.map((shared) => shared.composeProject)];
  const statuses = await Promise.all(projects.map((one) => runtime.status({ composeProject: one }, { signal })));
  const containers: Containers = new Map(statuses.flatMap(({ environments }) => [...environments]));
  if ((containers.get(isolation.composeProject) ?? []).length === 0) return false;
  const identity = { ...record, home: deps.home.id };
  await deps.names.publish(identity, endpointsOf(isolation, containers), { signal });
  return true;
}
