import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { RuntimeTarget } from "../runtimes/runtime.ts";
import { type Containers, containersOf } from "./endpoints.ts";
import { createDeadline } from "./deadline.ts";
import { judge, serviceState } from "./health.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import { createPublisher } from "./publish.ts";
import { createServiceReporter, serviceFailure, waitUntilReady } from "./wait.ts";
import { type Watch, watchContainers } from "./watch.ts";
import type { Work } from "./work.ts";

export interface StartRequest {
  readonly target: RuntimeTarget;
  readonly isolated: IsolatedSpec;
  readonly isolation: StoredIsolation;
  /** Containers of its shared services. */
  readonly shared: Containers;
  readonly build: boolean;
  readonly recreate: boolean;
  /** Services to be restarted, unless they are replaced anyway: files they watch have changed. */
  readonly restart: readonly string[];
  readonly wait: boolean;
  /** From the first container that Compose touches: pulling and building take what they take. */
  readonly timeoutMs: number;
}

/** `failed`: the engine did as it was told, and services did not become what they should. */
export type StartOutcome =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly error: CiloError; readonly services: readonly string[] };

/**
 * Starts or updates an environment and waits for it. Each name answers from the moment its container has started; a
 * hostname that is refused is so before anything starts.
 *
 * @throws CiloError of the runtime and of `Names.publish`; the reason of `work.context.signal`
 */
export async function start(work: Work, request: StartRequest): Promise<StartOutcome> {
  const deadline = createDeadline(request.timeoutMs);
  const signal = AbortSignal.any([work.context.signal, deadline.signal]);
  let latest: Containers = new Map();
  let isUnderWay = false;
  const onContainers = (now: Containers): void => {
    latest = now;
    if (isUnderWay) deadline.begin();
  };
  try {
    await using watch = await watchStart(work, request, { signal, onContainers });
    const before = await watch.look();
    isUnderWay = true;
    const refused = await runUp(work, request, signal);
    deadline.begin();
    if (refused === undefined && request.restart.length > 0) await restartUnreplaced(work, request, { before, watch });
    if (refused !== undefined) return await failedUp(work, request, refused);
    const failed = request.wait
      ? await work.progress.phase("health", () => waitUntilReady(watch, request.isolation))
      : undefined;
    if (failed !== undefined)
      return {
        kind: "failed",
        error: await serviceFailure(failed, placeOf(work, request)),
        services: [failed.service],
      };
    await work.progress.phase("names", () => watch.look());
    return { kind: "ready" };
  } catch (error) {
    if (!deadline.signal.aborted || work.context.signal.aborted) throw error;
    return timedOut(request, latest);
  }
}

async function watchStart(
  work: Work,
  request: StartRequest,
  options: { readonly signal: AbortSignal; readonly onContainers: (containers: Containers) => void },
): Promise<Watch> {
  const publish = createPublisher(work.deps.names, {
    identity: request.isolated.identity,
    isolation: request.isolation,
    shared: request.shared,
    signal: options.signal,
  });
  const report = createServiceReporter(request.isolation, (service, state) =>
    work.context.onEvent({ kind: "service", service, state }),
  );
  return await watchContainers({
    runtime: work.runtime,
    composeProject: request.target.composeProject,
    signal: options.signal,
    onContainers: async (containers) => {
      options.onContainers(containers);
      report(containers);
      await publish(containers);
    },
  });
}

/** @returns the runtime's error when a service kept others from starting */
async function runUp(work: Work, request: StartRequest, signal: AbortSignal): Promise<CiloError | undefined> {
  try {
    await work.progress.phase("start", () =>
      work.runtime.up(request.target, request.isolated, {
        build: request.build,
        recreate: request.recreate,
        signal,
        onProgress: (line) => work.context.onEvent({ kind: "engine", line }),
      }),
    );
    return undefined;
  } catch (error) {
    if (isCiloError(error, EngineCode.serviceUnhealthy, EngineCode.serviceExited)) return error;
    throw error;
  }
}

async function restartUnreplaced(
  work: Work,
  request: StartRequest,
  now: { readonly before: Containers; readonly watch: Watch },
): Promise<void> {
  const { composeProject } = request.target;
  const after = await now.watch.look();
  const ids = (containers: Containers, service: string): string =>
    containersOf(containers, composeProject, service)
      .map((container) => container.id)
      .join(" ");
  const stale = request.restart.filter((service) => ids(now.before, service) === ids(after, service));
  if (stale.length > 0) await work.runtime.restart(request.target, stale, { signal: work.context.signal });
}

/** A service that others wait for failed: says which, and its last words, where the engine still shows it. */
async function failedUp(work: Work, request: StartRequest, cause: CiloError): Promise<StartOutcome> {
  const { signal } = work.context;
  const { composeProject } = request.target;
  const { environments } = await work.runtime.status({ composeProject }, { signal });
  const verdict = judge(request.isolation, environments, () => 0);
  if (verdict.kind !== "failed") return { kind: "failed", error: cause, services: [] };
  const error = await serviceFailure(verdict, { ...placeOf(work, request), cause });
  return { kind: "failed", error, services: [verdict.service] };
}

function placeOf(work: Work, request: StartRequest): Parameters<typeof serviceFailure>[1] {
  return {
    runtime: work.runtime,
    environment: request.isolated.identity.environment,
    composeProject: request.target.composeProject,
    signal: work.context.signal,
  };
}

function timedOut(request: StartRequest, containers: Containers): StartOutcome {
  const verdict = judge(request.isolation, containers, () => 0);
  const services = verdict.kind === "waiting" ? verdict.services : [];
  const states = services.map((service) => {
    const own = containersOf(containers, request.isolation.composeProject, service);
    return `${service} (${own.length === 0 ? "not started" : serviceState(own)})`;
  });
  const seconds = request.timeoutMs / 1000;
  const { environment } = request.isolated.identity;
  const error = new CiloError(
    EngineCode.upTimeout,
    `${environment} was not ready after ${seconds} s${states.length === 0 ? "" : `: ${states.join(", ")}`}`,
    { hint: `Give it longer: cilo up ${environment} --timeout ${Math.ceil(seconds * 3)}` },
  );
  return { kind: "failed", error, services };
}
