import type { Allocation, IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { ContainerStatus, RuntimeInfo } from "../runtimes/runtime.ts";
import type { Change } from "../workspace/workspace.ts";
import { withAddresses } from "./addresses.ts";
import { type UnappliedPaths, beginApplying, endApplying, loadApplied } from "./applied.ts";
import type { Desired } from "./desired.ts";
import type { Containers } from "./endpoints.ts";
import type { Located } from "./environments.ts";
import { isSettled } from "./health.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import { type Plan, makePlan, writePlan } from "./plan.ts";
import { createPublisher } from "./publish.ts";
import { type UpdateFailure, undoUpdate } from "./put-back.ts";
import type { EnvironmentRecord } from "./record.ts";
import { saveRecord } from "./records.ts";
import { useShared } from "./shared-services.ts";
import { start } from "./start.ts";
import type { Work } from "./work.ts";

export interface ApplyRequest {
  readonly located: Located;
  /** The record as it was before this update, for putting it back; absent at creation. */
  readonly before?: EnvironmentRecord;
  readonly desired: Desired;
  /** What the engine has, where it was asked already. */
  readonly info?: RuntimeInfo;
  /** Source edits that came over since the engine was last told. */
  readonly unapplied: UnappliedPaths;
  /** What was edited in the workspace alone. */
  readonly edits: readonly Change[];
  readonly build: boolean;
  readonly recreate: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** `create`: files and addresses, but no container. */
  readonly startNothing: boolean;
}

export interface ApplyResult {
  readonly located: Located;
  readonly isolated: IsolatedSpec;
  readonly isolation: StoredIsolation;
  readonly changed: boolean;
}

/**
 * Makes the engine have what the workspace says. When it has that already, and all of it runs well, nothing is
 * started and the names alone are published again.
 *
 * @throws CiloError; whatever was touched by an update is then as DECISIONS says: untouched, or put back, or (when
 * aborted) left for the next `up` to go on with
 */
export async function apply(work: Work, request: ApplyRequest): Promise<ApplyResult> {
  const { record } = request.located;
  const { addresses } = work.deps;
  const loopback = await wantsLoopback(work, request);
  return await withAddresses(
    {
      addresses: {
        allocate: (needed) => work.progress.phase("addresses", () => addresses.allocate(needed)),
        release: (owner) => addresses.release(owner),
      },
      runtime: work.runtime,
    },
    {
      owner: `${record.project}/${record.environment}`,
      composeProject: request.desired.composeProject,
      needs: request.desired.needs,
      ...(record.allocation === undefined ? {} : { previous: record.allocation }),
      ...(request.info === undefined ? {} : { info: request.info }),
      ...(loopback ? { loopback: Object.keys(request.desired.project.spec.services).length } : {}),
      signal: work.context.signal,
    },
    (allocation) => applyWith(work, request, allocation),
  );
}

/** Decided once, when an environment gets its addresses: it keeps the way its names are reached. */
async function wantsLoopback({ deps, runtime, context }: Work, { located, info }: ApplyRequest): Promise<boolean> {
  const { allocation } = located.record;
  if (allocation !== undefined) return allocation.loopback !== undefined;
  if (deps.addressing === "direct" || deps.addressing === "loopback") return deps.addressing === "loopback";
  return !(info ?? (await runtime.inspect(context))).directAddresses;
}

async function applyWith(work: Work, request: ApplyRequest, allocation: Allocation): Promise<ApplyResult> {
  const plan = await makePlan(work.deps, { ...request, signal: work.context.signal }, allocation);
  const { located, isolated, isolation } = plan;
  const result = { located, isolated, isolation };
  if (request.startNothing) {
    await saveRecord(work.deps.home, located.record);
    return { ...result, changed: await writePlan(plan) };
  }
  const before = await containersNow(work, plan);
  if (await isUpToDate(plan, { request, before })) {
    await publishNames(work, plan, before);
    return { ...result, changed: false };
  }
  const changed = await change(work, request, { plan, before });
  return { ...result, changed };
}

async function containersNow(work: Work, plan: Plan): Promise<Containers> {
  const { composeProject } = plan.target;
  return (await work.runtime.status({ composeProject }, { signal: work.context.signal })).environments;
}

async function isUpToDate(
  plan: Plan,
  now: { readonly request: ApplyRequest; readonly before: Containers },
): Promise<boolean> {
  const { request, before } = now;
  if (
    request.build ||
    request.recreate ||
    plan.builds.length > 0 ||
    plan.restarts.length > 0 ||
    request.unapplied === "unknown"
  )
    return false;
  // Shared services run in containers of others: looking after them is part of an update.
  if (plan.isolation.shared.length > 0) return false;
  const last = await loadApplied(plan.located.paths);
  return last?.compose === plan.applied.compose && isSettled(plan.isolation, before);
}

async function publishNames(work: Work, plan: Plan, containers: Containers): Promise<void> {
  const publish = createPublisher(work.deps.names, {
    identity: plan.isolated.identity,
    isolation: plan.isolation,
    shared: new Map(),
    signal: work.context.signal,
  });
  await work.progress.phase("names", () => publish(containers));
}

/** Writes the files, tells the engine, waits; undoes what an update must not leave behind. */
async function change(
  work: Work,
  request: ApplyRequest,
  state: { readonly plan: Plan; readonly before: Containers },
): Promise<boolean> {
  const { plan, before } = state;
  const { paths } = plan.located;
  await saveRecord(work.deps.home, plan.located.record);
  await beginApplying(paths);
  await writePlan(plan);
  const failure = await attempt(work, request, plan);
  if (failure !== undefined)
    throw await undoUpdate(work, { plan, before, failure, record: request.before ?? request.located.record });
  await endApplying(paths, plan.applied);
  return !isSameRun(before, await containersNow(work, plan));
}

async function attempt(work: Work, request: ApplyRequest, plan: Plan): Promise<UpdateFailure | undefined> {
  try {
    const shared = await useShared(work, { ...plan, timeoutMs: request.timeoutMs });
    const outcome = await start(work, {
      target: plan.target,
      isolated: plan.isolated,
      isolation: plan.isolation,
      shared,
      build: request.build || plan.builds.length > 0,
      recreate: request.recreate,
      restart: plan.restarts,
      wait: request.wait,
      timeoutMs: request.timeoutMs,
    });
    return outcome.kind === "ready" ? undefined : outcome;
  } catch (error) {
    return { kind: "refused", error };
  }
}

/** True when the same containers run before and after. */
function isSameRun(before: Containers, after: Containers): boolean {
  const run = (containers: Containers): string => [...containers.values()].flat().map(runOf).sort().join(" ");
  return run(before) === run(after);
}

function runOf(container: ContainerStatus): string {
  return `${container.id}:${container.state === "running"}`;
}
