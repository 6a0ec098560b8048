import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { ContainerStatus, Runtime } from "../runtimes/runtime.ts";
import type { ServiceState } from "./environments.ts";
import { type Containers, containersOf } from "./endpoints.ts";
import { type Verdict, judge, serviceState } from "./health.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import type { Watch } from "./watch.ts";

/** Waiting is driven by events; this is for an engine that lost one. */
const FALLBACK_MS = 1000;

/**
 * Waits until every service is healthy, runs steadily where it has no healthcheck, or has ended with 0.
 *
 * @returns the first thing that failed, or `undefined` when all is well
 * @throws the reason of the watch's signal when it aborts
 */
export async function waitUntilReady(
  watch: Watch,
  isolation: StoredIsolation,
): Promise<Extract<Verdict, { kind: "failed" }> | undefined> {
  const runningFor = createStopwatch();
  for (let containers = await watch.look(); ;) {
    const verdict = judge(isolation, containers, runningFor(containers));
    if (verdict.kind === "ready") return undefined;
    if (verdict.kind === "failed") return verdict;
    containers = await watch.next(verdict.settleMs ?? FALLBACK_MS);
  }
}

/** How long each container has been seen running without a break. */
function createStopwatch(): (containers: Containers) => (container: ContainerStatus) => number {
  const since = new Map<string, number>();
  return (containers) => {
    const now = performance.now();
    for (const container of [...containers.values()].flat())
      if (container.state !== "running") since.delete(container.id);
      else if (!since.has(container.id)) since.set(container.id, now);
    return (container) => now - (since.get(container.id) ?? now);
  };
}

/** A service's failure as an error that says what it last wrote. */
export async function serviceFailure(
  verdict: Extract<Verdict, { kind: "failed" }>,
  place: {
    readonly runtime: Runtime;
    readonly environment: string;
    readonly composeProject: string;
    readonly cause?: unknown;
    readonly signal: AbortSignal;
  },
): Promise<CiloError> {
  const lines = await lastLines(place, verdict.service);
  const last = lines.length === 0 ? "" : `: ${lines.join("; ")}`;
  const options = { cause: place.cause, hint: `See more: cilo logs ${place.environment} ${verdict.service}` };
  if (verdict.reason === "unhealthy")
    return new CiloError(EngineCode.serviceUnhealthy, `${verdict.service} is unhealthy${last}`, options);
  const status = verdict.exitCode === undefined ? "" : ` with status ${verdict.exitCode}`;
  return new CiloError(EngineCode.serviceExited, `${verdict.service} ended${status}${last}`, options);
}

/** The last lines a service wrote; none when they cannot be had, since this only adds to another failure. */
async function lastLines(
  place: { readonly runtime: Runtime; readonly composeProject: string; readonly signal: AbortSignal },
  service: string,
): Promise<readonly string[]> {
  try {
    const { composeProject, signal } = place;
    return await place.runtime.tail({ composeProject, service, lines: 3 }, { signal });
  } catch (error) {
    if (error instanceof CiloError) return [];
    throw error;
  }
}

/** Tells a listener of each service whose state is not what it was. */
export function createServiceReporter(
  isolation: StoredIsolation,
  onService: (service: string, state: ServiceState) => void,
): (containers: Containers) => void {
  const told = new Map<string, ServiceState>();
  return (containers) => {
    for (const { name } of isolation.services) {
      const state = serviceState(containersOf(containers, isolation.composeProject, name));
      if (state === "stopped" || told.get(name) === state) continue;
      told.set(name, state);
      onService(name, state);
    }
  };
}
