import { removeShared } from "./shared-remove.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { KEEP_SHARED_MS } from "./shared-leave.ts";
import { lastUserChange, loadShared, lockShared, sharedProjects, sharedUsers } from "./shared-records.ts";

/**
 * Removes shared containers that nobody has used for a minute; with `composeProject` that one alone. Their data goes
 * with the project's last environment. Idempotent; called by a detached process after the minute, and by any later
 * command, in case that one never ran.
 *
 * @returns the Compose projects whose container was removed
 */
export async function reapShared(
  deps: EnvironmentsDeps,
  options: { readonly composeProject?: string; readonly signal: AbortSignal },
): Promise<string[]> {
  const reaped: string[] = [];
  for (const composeProject of await sharedProjects(deps.home)) {
    if (options.composeProject !== undefined && options.composeProject !== composeProject) continue;
    if (!(await isOverdue(deps, composeProject))) continue;
    await using _ = await lockShared(deps.home, composeProject, { signal: options.signal });
    if (!(await isOverdue(deps, composeProject))) continue;
    if (await removeShared(deps, composeProject, options)) reaped.push(composeProject);
  }
  return reaped;
}

/** Nobody has used it for a minute. */
export async function isOverdue({ home, clock }: EnvironmentsDeps, composeProject: string): Promise<boolean> {
  if ((await sharedUsers(home, composeProject)).length > 0) return false;
  if ((await loadShared(home, composeProject)) === undefined) return false;
  return clock.now() - (await lastUserChange(home, composeProject)) >= KEEP_SHARED_MS;
}
