import type { EnvironmentsDeps } from "./deps.ts";
import type { Orphan } from "./orphans.ts";
import { lookUp } from "./records.ts";
import { isBusy } from "./operation.ts";
import { isOverdue, reapShared } from "./shared-reap.ts";
import { removeShared } from "./shared-remove.ts";
import { loadShared, lockShared, removeUser, sharedProjects, sharedUsers } from "./shared-records.ts";

/** Shared services that nobody uses any more, or that an environment uses which is gone. */
export async function findOrphanShared(
  deps: EnvironmentsDeps,
  { signal }: { readonly signal: AbortSignal },
): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const composeProject of await sharedProjects(deps.home)) {
    const stale = await staleUsers(deps, composeProject, signal);
    if (stale.length > 0) orphans.push(staleOrphan(deps, composeProject, stale));
    else if (await isUnused(deps, composeProject)) orphans.push(unusedOrphan(deps, composeProject));
  }
  return orphans;
}

function staleOrphan(deps: EnvironmentsDeps, composeProject: string, stale: readonly string[]): Orphan {
  return {
    status: "warn",
    message: `the shared service ${composeProject} is kept for ${stale.join(", ")}, which ${stale.length === 1 ? "is" : "are"} gone`,
    fix: async (signal) => {
      await using _ = await lockShared(deps.home, composeProject, { signal });
      for (const environment of await staleUsers(deps, composeProject, signal))
        await removeUser(deps.home, composeProject, environment);
      const isFree = (await sharedUsers(deps.home, composeProject)).length === 0;
      const isRemoved = isFree && (await removeShared(deps, composeProject, { signal }));
      return isRemoved ? "removed the service" : "struck the environment off its users";
    },
  };
}

function unusedOrphan(deps: EnvironmentsDeps, composeProject: string): Orphan {
  return {
    status: "warn",
    message: `the shared service ${composeProject} was not removed although nobody uses it`,
    fix: async (signal) => {
      await reapShared(deps, { composeProject, signal });
      return "removed it";
    },
  };
}

async function staleUsers(deps: EnvironmentsDeps, composeProject: string, signal: AbortSignal): Promise<string[]> {
  const users = await sharedUsers(deps.home, composeProject);
  const isStale = await Promise.all(
    users.map(
      async (environment) =>
        (await lookUp(deps.home, environment)) === undefined && !(await isBusy(deps.home, environment, signal)),
    ),
  );
  return users.filter((_, index) => isStale[index] === true);
}

/** Overdue by far: the process that should have removed it did not run, e.g. since the machine was restarted. */
async function isUnused(deps: EnvironmentsDeps, composeProject: string): Promise<boolean> {
  const record = await loadShared(deps.home, composeProject);
  if (record === undefined || record.reaped) return false;
  return await isOverdue(deps, composeProject);
}
