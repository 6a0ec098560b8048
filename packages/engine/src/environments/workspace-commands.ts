import { parseLabel } from "../spec/names.ts";
import type { Change, SyncResult } from "../workspace/workspace.ts";
import { readProjectConfig } from "./config-file.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located, OperationContext } from "./environments.ts";
import { treePair } from "./fill-workspace.ts";
import { withoutGenerated } from "./generated.ts";
import { beginOperation } from "./operation.ts";
import { findReady } from "./records.ts";
import { workspaceProjectDir, confinedTo } from "./source.ts";
import { syncSource } from "./sync.ts";
import { createWork } from "./work.ts";
import { fileWorkspaces } from "./file-workspaces.ts";

/** {@link Environments.sync}: files alone; what of them the engine has to be told waits for the next `up`. */
export async function syncEnvironment(
  deps: EnvironmentsDeps,
  name: string,
  request: { readonly dryRun: boolean } & OperationContext,
): Promise<SyncResult> {
  return await onWorkspace(deps, name, request, async ({ work, located, pair }) => {
    if (!request.dryRun) return (await syncSource(work, located)).result;
    return await work.workspaces.syncTree({ ...pair, dryRun: true, signal: request.signal });
  });
}

/** {@link Environments.merge} */
export async function mergeEnvironment(
  deps: EnvironmentsDeps,
  name: string,
  request: { readonly dryRun: boolean } & OperationContext,
): Promise<SyncResult> {
  return await onWorkspace(deps, name, request, ({ work, pair }) =>
    work.workspaces.mergeTree({ ...pair, dryRun: request.dryRun, signal: request.signal }),
  );
}

/** {@link Environments.changes} */
export async function workspaceEdits(
  deps: EnvironmentsDeps,
  name: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<Change[]> {
  const located = await findReady(deps.home, parseLabel(name, "environment"));
  const workspaces = deps.workspaces ?? fileWorkspaces;
  const changes = await workspaces.workspaceChanges({ ...(await pairOf(deps, located)), signal });
  return await withoutGenerated(located.paths, changes);
}

interface OnWorkspace {
  readonly work: ReturnType<typeof createWork>;
  readonly located: Located;
  readonly pair: ReturnType<typeof treePair>;
}

async function onWorkspace<T>(
  deps: EnvironmentsDeps,
  name: string,
  context: OperationContext,
  work: (on: OnWorkspace) => Promise<T>,
): Promise<T> {
  const environment = parseLabel(name, "environment");
  await using operation = await beginOperation(deps.home, environment, context);
  const located = await findReady(deps.home, environment);
  const pair = await pairOf(deps, located);
  return await work({
    work: createWork(deps, { runtime: located.record.runtime, operation, context }),
    located,
    pair,
  });
}

async function pairOf(deps: EnvironmentsDeps, located: Located): Promise<ReturnType<typeof treePair>> {
  const config = await readProjectConfig(
    workspaceProjectDir(located.paths, located.record),
    confinedTo(deps, located.paths.workspace),
  );
  return treePair({ deps }, located, config);
}
