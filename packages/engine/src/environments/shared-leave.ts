import type { Located } from "./environments.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import { lockShared, removeUser, sharedProjects, sharedUsers } from "./shared-records.ts";
import type { Work } from "./work.ts";

/** How long a shared service is kept after its last user has gone. */
export const KEEP_SHARED_MS = 60_000;

/**
 * The environment stops using every shared service but the `kept`. Their containers are taken off its networks (`from`;
 * absent where the networks go anyway); those nobody uses any more are removed a minute later.
 */
export async function leaveOthers(
  work: Work,
  { record }: Located,
  options: { readonly kept: readonly string[]; readonly from?: StoredIsolation },
): Promise<void> {
  for (const composeProject of await sharedProjects(work.deps.home)) {
    if (options.kept.includes(composeProject)) continue;
    await leave(work, { composeProject, environment: record.environment, from: options.from });
  }
}

async function leave(
  work: Work,
  request: { composeProject: string; environment: string; from: StoredIsolation | undefined },
): Promise<void> {
  const { deps } = work;
  const { composeProject, environment, from } = request;
  if (!(await sharedUsers(deps.home, composeProject)).includes(environment)) return;
  await using _ = await lockShared(deps.home, composeProject, { signal: work.context.signal });
  if (from !== undefined) await detach(work, composeProject, from);
  await removeUser(deps.home, composeProject, environment);
  if ((await sharedUsers(deps.home, composeProject)).length === 0)
    await deps.scheduleReap(composeProject, KEEP_SHARED_MS);
}

async function detach(work: Work, composeProject: string, isolation: StoredIsolation): Promise<void> {
  const { signal } = work.context;
  const { environments } = await work.runtime.status({ composeProject }, { signal });
  for (const container of environments.get(composeProject) ?? [])
    for (const { name } of isolation.networks)
      if (container.addresses[name] !== undefined)
        await work.runtime.disconnect({ containerId: container.id, network: name }, { signal });
}
