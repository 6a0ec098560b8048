import type { EnvironmentsDeps } from "./deps.ts";
import { sharedFolder } from "./home.ts";
import { environmentFolders } from "./records.ts";
import { loadShared, saveShared, sharedComposeFile } from "./shared-records.ts";
import { fileWorkspaces } from "./file-workspaces.ts";

/**
 * Removes a shared service's container and network, and gives its addresses back; its volumes too when its project
 * has no environment any more. The caller holds its lock and knows that nobody uses it.
 *
 * @returns whether there was anything to remove
 */
export async function removeShared(
  deps: EnvironmentsDeps,
  composeProject: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const record = await loadShared(deps.home, composeProject);
  if (record === undefined) return false;
  const isLast = !(await environmentFolders(deps.home)).some((folder) => folder.project === record.project);
  if (record.reaped && !isLast) return false;
  const runtime = deps.runtimes(record.runtime);
  if (isLast) await runtime.destroy(composeProject, { signal });
  else
    await runtime.down(
      { composeProject, composeFile: sharedComposeFile(deps.home, composeProject), env: {} },
      { signal },
    );
  await deps.addresses.release(record.owner);
  const workspaces = deps.workspaces ?? fileWorkspaces;
  const { allocation: _, ...rest } = record;
  if (isLast) await workspaces.removeTree(sharedFolder(deps.home, composeProject), { within: deps.home.root, signal });
  else await saveShared(deps.home, { ...rest, reaped: true });
  return true;
}
