import type { ContainerStatus } from "../runtimes/runtime.ts";
import type { ServiceState } from "./environments.ts";
import { type Containers, containersOf } from "./endpoints.ts";
import type { StoredIsolation } from "./isolation-file.ts";

/**
 * A container without a healthcheck counts as ready once it has run this long: one with a wrong command or a missing
 * file ends within it. (`docker compose up --wait` looks first after 500 ms, to the same effect.)
 */
const SETTLE_MS = 300;

/** Whether everything of an environment is up, judged from what the engine says of its containers. */
export type Verdict =
  | { readonly kind: "ready" }
  /** Services that are not ready yet; look again after `settleMs` even if no event comes. */
  | { readonly kind: "waiting"; readonly services: readonly string[]; readonly settleMs?: number }
  | {
      readonly kind: "failed";
      readonly service: string;
      readonly reason: "unhealthy" | "exited";
      readonly exitCode?: number;
    };

/** Pure. `runningForMs` says how long a container that runs has been seen running. */
export function judge(
  isolation: StoredIsolation,
  containers: Containers,
  runningForMs: (container: ContainerStatus) => number,
): Verdict {
  const waiting: string[] = [];
  let settleMs: number | undefined;
  for (const service of isolation.services) {
    const own = containersOf(containers, isolation.composeProject, service.name);
    const verdicts = own.map((container) => judgeContainer(container, runningForMs));
    const failed = verdicts.find((verdict) => verdict.kind === "failed");
    if (failed !== undefined) return { ...failed, service: service.name };
    const missing = own.length < service.scale;
    if (missing || verdicts.some((verdict) => verdict.kind === "waiting")) waiting.push(service.name);
    for (const verdict of verdicts)
      if (verdict.kind === "waiting" && verdict.settleMs !== undefined)
        settleMs = Math.max(settleMs ?? 0, verdict.settleMs);
  }
  if (waiting.length === 0) return { kind: "ready" };
  return { kind: "waiting", services: waiting, ...(settleMs === undefined ? {} : { settleMs }) };
}

/** Everything runs that should and is healthy, with nothing to wait for: another `up` would change nothing. */
export function isSettled(isolation: StoredIsolation, containers: Containers): boolean {
  return isolation.services.every((service) => {
    const own = containersOf(containers, isolation.composeProject, service.name);
    return own.length === service.scale && own.every((container) => isAsItShould(container, service.oneShot));
  });
}

function isAsItShould(container: ContainerStatus, oneShot: boolean): boolean {
  if (oneShot) return container.state === "exited" && container.exitCode === 0;
  return container.state === "running" && (container.health ?? "healthy") === "healthy";
}

type ContainerVerdict =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly settleMs?: number }
  | { readonly kind: "failed"; readonly reason: "unhealthy" | "exited"; readonly exitCode?: number };

function judgeContainer(
  container: ContainerStatus,
  runningForMs: (container: ContainerStatus) => number,
): ContainerVerdict {
  switch (container.state) {
    case "running":
      return judgeRunning(container, runningForMs(container));
    case "exited":
      // Ended by itself with nothing wrong: a job, whether or not something waits for it.
      if (container.exitCode === 0) return { kind: "ready" };
      return failedExit(container);
    case "dead":
      return failedExit(container);
    case "created":
    case "paused":
    case "restarting":
    case "removing":
      return { kind: "waiting" };
    default:
      return container.state satisfies never;
  }
}

function judgeRunning(container: ContainerStatus, ageMs: number): ContainerVerdict {
  if (container.health === "healthy") return { kind: "ready" };
  if (container.health === "unhealthy") return { kind: "failed", reason: "unhealthy" };
  if (container.health === "starting") return { kind: "waiting" };
  return ageMs >= SETTLE_MS ? { kind: "ready" } : { kind: "waiting", settleMs: SETTLE_MS - ageMs };
}

function failedExit(container: ContainerStatus): ContainerVerdict {
  return {
    kind: "failed",
    reason: "exited",
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
  };
}

/** A service's state in one word, the worst of its containers first. */
export function serviceState(containers: readonly ContainerStatus[]): ServiceState {
  const states = new Set(containers.map(containerState));
  const worstFirst: ServiceState[] = [
    "exited",
    "unhealthy",
    "restarting",
    "paused",
    "starting",
    "running",
    "healthy",
    "completed",
  ];
  return worstFirst.find((state) => states.has(state)) ?? "stopped";
}

function containerState(container: ContainerStatus): ServiceState {
  switch (container.state) {
    case "created":
      return "starting";
    case "running":
      return container.health ?? "running";
    case "paused":
      return "paused";
    case "restarting":
      return "restarting";
    case "exited":
      return container.exitCode === 0 ? "completed" : "exited";
    case "dead":
    case "removing":
      return "exited";
    default:
      return container.state satisfies never;
  }
}
