import { CiloError, isCiloError, writeFileAtomic } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Allocation, EnvironmentIdentity, IsolatedSpec, SharedService } from "../isolation/isolated-spec.ts";
import { planSharedNetworks, sharedDocumentWith } from "../isolation/sharing/shared-service.ts";
import { renderComposeFile } from "../runtimes/compose/compose-file.ts";
import type { ContainerStatus, RuntimeTarget } from "../runtimes/runtime.ts";
import { withAddresses } from "./addresses.ts";
import { documentVariables } from "./desired.ts";
import type { Containers } from "./endpoints.ts";
import type { Located } from "./environments.ts";
import { isSettled } from "./health.ts";
import { type StoredIsolation, storedIsolation } from "./isolation-file.ts";
import { leaveOthers } from "./shared-leave.ts";
import { addUser, loadShared, lockShared, saveShared, sharedComposeFile } from "./shared-records.ts";
import { serviceFailure, waitUntilReady } from "./wait.ts";
import { watchContainers } from "./watch.ts";
import type { Work } from "./work.ts";

interface User {
  readonly located: Located;
  readonly isolated: IsolatedSpec;
  readonly isolation: StoredIsolation;
  readonly target: RuntimeTarget;
  /** How long a shared service may take to become ready. */
  readonly timeoutMs: number;
}

/**
 * Sees to it that the environment's shared services run, are well, and are attached to its networks before its own
 * services start; those it no longer shares are left. Doing it again changes nothing.
 *
 * @returns their containers, by Compose project
 */
export async function useShared(work: Work, user: User): Promise<Containers> {
  const { shared } = user.isolated;
  await leaveOthers(work, user.located, {
    kept: shared.map((service) => service.composeProject),
    from: user.isolation,
  });
  if (shared.length === 0) return new Map();
  return await work.progress.phase("share", async () => {
    for (const service of shared) await startShared(work, user, service);
    await attachAll(work, user);
    return await containersOfShared(work, shared);
  });
}

/** Starts the one container, unless it runs already. One process at a time; the others wait and find it running. */
async function startShared(work: Work, user: User, service: SharedService): Promise<void> {
  const { identity } = user.isolated;
  const { deps, context } = work;
  const { composeProject } = service;
  await using _ = await lockShared(deps.home, composeProject, {
    signal: context.signal,
    onWait: () => context.onEvent({ kind: "waiting", what: `the shared service ${service.name}` }),
  });
  await addUser(deps.home, composeProject, identity.environment);
  const known = await loadShared(deps.home, composeProject);
  const owner = `${identity.project}/shared-${service.hash.slice(0, 12)}`;
  const record = { version: 1, project: identity.project, service: service.name, composeProject, owner } as const;
  await withAddresses(
    { addresses: deps.addresses, runtime: work.runtime },
    {
      owner,
      composeProject,
      needs: planSharedNetworks(service),
      ...(known?.allocation === undefined ? {} : { previous: known.allocation }),
      signal: context.signal,
    },
    async (allocation) => {
      const { blocks, subnets } = allocation;
      await saveShared(deps.home, {
        ...record,
        runtime: work.runtime.name,
        allocation: { blocks: [...blocks], subnets: { ...subnets } },
        reaped: false,
      });
      await runShared(work, { user, service, allocation });
    },
  );
}

async function runShared(
  work: Work,
  { user, service, allocation }: { user: User; service: SharedService; allocation: Allocation },
): Promise<void> {
  const { context, runtime, deps } = work;
  const { identity } = user.isolated;
  const request = { identity, service, allocation, timeoutMs: user.timeoutMs };
  const spec = specOf(request);
  const isolation = storedIsolation(spec);
  const { composeProject } = spec;
  const { signal } = context;
  const { environments } = await runtime.status({ composeProject }, { signal });
  if (isSettled(isolation, environments)) return;
  const target: RuntimeTarget = {
    composeProject,
    composeFile: sharedComposeFile(deps.home, composeProject),
    env: documentVariables(spec.document, { ...deps.env, ...user.target.env }),
  };
  await writeFileAtomic(target.composeFile, renderComposeFile(spec.document));
  const onProgress = (line: string): void => context.onEvent({ kind: "engine", line });
  await runtime.up(target, spec, { build: false, recreate: false, signal, onProgress });
  const failed = await waitForShared(work, isolation, request);
  if (failed === undefined) return;
  throw await serviceFailure(failed, { runtime, environment: request.identity.environment, composeProject, signal });
}

async function waitForShared(
  { context, runtime }: Work,
  isolation: StoredIsolation,
  { service, timeoutMs }: { service: SharedService; timeoutMs: number },
): ReturnType<typeof waitUntilReady> {
  const { composeProject } = isolation;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    await using watch = await watchContainers({ runtime, composeProject, signal, onContainers: async () => undefined });
    return await waitUntilReady(watch, isolation);
  } catch (error) {
    if (!deadline.aborted || context.signal.aborted) throw error;
    throw new CiloError(
      EngineCode.upTimeout,
      `the shared service ${service.name} was not ready after ${timeoutMs / 1000} s`,
      { cause: error, hint: "Give it longer: --timeout SECONDS" },
    );
  }
}

/** A shared service as a spec of one service. */
function specOf(request: {
  identity: EnvironmentIdentity;
  service: SharedService;
  allocation: Allocation;
}): IsolatedSpec {
  const { identity, service, allocation } = request;
  const { name, label, ports, hostnames, composeProject } = service;
  const document = sharedDocumentWith(service, allocation);
  const scale = document.services[name]?.scale ?? 1;
  return {
    identity,
    composeProject,
    document,
    services: [{ name, label, ports, hostnames, scale, oneShot: false }],
    shared: [],
    sharedWithHost: [],
    notices: [],
  };
}

/** Attaches every shared container; the environment's networks are made first where they are not there yet. */
async function attachAll(work: Work, user: User): Promise<void> {
  const { signal } = work.context;
  try {
    await attach(work, user);
  } catch (error) {
    if (!isCiloError(error, EngineCode.engineFailed)) throw error;
    await work.runtime.up(user.target, user.isolated, { build: false, recreate: false, createOnly: true, signal });
    await attach(work, user);
  }
}

async function attach(work: Work, { isolated, isolation }: User): Promise<void> {
  const { signal } = work.context;
  const containers = await containersOfShared(work, isolated.shared);
  for (const service of isolated.shared)
    for (const [key, aliases] of Object.entries(service.networks)) {
      const network = isolation.networks.find((one) => one.key === key)?.name;
      if (network === undefined) continue;
      for (const container of runningOf(containers, service))
        await work.runtime.connect({ containerId: container.id, network, aliases }, { signal });
    }
}

function runningOf(containers: Containers, service: SharedService): readonly ContainerStatus[] {
  return (containers.get(service.composeProject) ?? []).filter((container) => container.state === "running");
}

async function containersOfShared(work: Work, shared: readonly SharedService[]): Promise<Containers> {
  const { signal } = work.context;
  const statuses = await Promise.all(
    shared.map(({ composeProject }) => work.runtime.status({ composeProject }, { signal })),
  );
  return new Map(statuses.flatMap(({ environments }) => [...environments]));
}
