import { CiloError, isCiloError, writeFileAtomic } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type Applied, endApplying, loadPrevious } from "./applied.ts";
import { documentVariables } from "./desired.ts";
import { type Containers, containersOf } from "./endpoints.ts";
import { saveIsolation, storedIsolation } from "./isolation-file.ts";
import type { Plan } from "./plan.ts";
import type { EnvironmentRecord } from "./record.ts";
import { saveRecord } from "./records.ts";
import { useShared } from "./shared-services.ts";
import { type StartOutcome, start } from "./start.ts";
import type { Work } from "./work.ts";

/** How an update failed. `refused`: the engine or the DNS refused it, or it was aborted. */
export type UpdateFailure =
  | Extract<StartOutcome, { kind: "failed" }>
  | { readonly kind: "refused"; readonly error: unknown };

/** How long putting back may take; the environment ran with this before. */
const PUT_BACK_MS = 120_000;

interface Update {
  readonly plan: Plan;
  /** Containers before the update. */
  readonly before: Containers;
  readonly failure: UpdateFailure;
  /** The record before the update. */
  readonly record: EnvironmentRecord;
}

/**
 * After a failed update: where nothing was replaced, the generated files are made to say again what runs; where a
 * replaced service failed, the environment is put back to what ran before. Nothing is undone of a first creation (its
 * caller removes all of it) nor after an abort (the next `up` goes on).
 *
 * @returns the error to throw
 */
export async function undoUpdate(work: Work, update: Update): Promise<unknown> {
  const { plan, failure } = update;
  const previous = await loadPrevious(plan.located.paths);
  if (previous === undefined || work.context.signal.aborted || isCiloError(failure.error, EngineCode.subnetTaken))
    return failure.error;
  const replaced = await replacedServices(work, update);
  if (replaced.length === 0) {
    await restoreFiles(work, update, previous);
    await endApplying(plan.located.paths, previous, { keepUnapplied: true });
    return failure.error;
  }
  if (failure.kind === "refused" || !failure.services.some((service) => wasReplaced(update, replaced, service)))
    return failure.error;
  return await putBack(work, update, { previous, error: failure.error });
}

async function replacedServices(work: Work, { plan, before }: Update): Promise<string[]> {
  const { composeProject } = plan.target;
  const now = (await work.runtime.status({ composeProject }, { signal: work.context.signal })).environments;
  const ids = (containers: Containers, service: string): string =>
    containersOf(containers, composeProject, service)
      .map((container) => container.id)
      .join(" ");
  const services = new Set([...before.values(), ...now.values()].flat().map((container) => container.service));
  return [...services].filter((service) => ids(before, service) !== ids(now, service));
}

/** True when the service ran before the update and something else runs now. */
function wasReplaced({ plan, before }: Update, replaced: readonly string[], service: string): boolean {
  return replaced.includes(service) && containersOf(before, plan.target.composeProject, service).length > 0;
}

async function putBack(
  work: Work,
  update: Update,
  state: { readonly previous: Applied; readonly error: CiloError },
): Promise<CiloError> {
  const { previous, error } = state;
  const { paths } = update.plan.located;
  const outcome = await work.progress.phase("rollback", async () => {
    await restoreFiles(work, update, previous);
    await restoreImages(work, update, previous);
    return await startPrevious(work, update, previous);
  });
  if (outcome.kind === "failed")
    return new CiloError(
      error.code,
      `${error.message}; putting back what ran before failed: ${outcome.error.message}`,
      {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    );
  await endApplying(paths, previous, { keepUnapplied: true });
  return new CiloError(EngineCode.serviceUnhealthy, `${error.message}; what ran before was put back`, {
    cause: error,
    hint: `Mend it and run it again: cilo up ${update.record.environment}`,
  });
}

async function startPrevious(work: Work, update: Update, previous: Applied): Promise<StartOutcome> {
  const isolated = previous.spec;
  const isolation = storedIsolation(isolated);
  const env = { ...work.deps.env, ...update.plan.target.env };
  const target = { ...update.plan.target, env: documentVariables(isolated.document, env) };
  const shared = await useShared(work, {
    located: update.plan.located,
    isolated,
    isolation,
    target,
    timeoutMs: PUT_BACK_MS,
  });
  return await start(work, {
    target,
    isolated,
    isolation,
    shared,
    build: false,
    recreate: false,
    restart: [],
    wait: true,
    timeoutMs: PUT_BACK_MS,
  });
}

/** A build has taken the names of the images that ran before; they are still there without one. */
async function restoreImages(work: Work, { plan, before }: Update, previous: Applied): Promise<void> {
  for (const [name, service] of Object.entries(previous.spec.document.services)) {
    const [container] = containersOf(before, plan.target.composeProject, name);
    if (service.build === undefined || service.image === undefined || container?.imageId === undefined) continue;
    await work.runtime.tag({ imageId: container.imageId, name: service.image }, { signal: work.context.signal });
  }
}

async function restoreFiles(work: Work, update: Update, previous: Applied): Promise<void> {
  const { paths } = update.plan.located;
  await saveRecord(work.deps.home, update.record);
  await writeFileAtomic(paths.compose, previous.compose);
  await saveIsolation(paths.isolated, storedIsolation(previous.spec));
}
