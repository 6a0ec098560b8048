import { isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { composeProjectName } from "../isolation/names.ts";
import type { ContainerStatus } from "../runtimes/runtime.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { type Containers, containersOf, endpointsOf } from "./endpoints.ts";
import type { EnvironmentStatus, EnvironmentSummary, Located, ServiceStatus } from "./environments.ts";
import { serviceState } from "./health.ts";
import { type StoredIsolation, loadIsolation } from "./isolation-file.ts";

/** One environment with its services, as the engine says now. @throws CiloError `ENGINE_UNREACHABLE` */
export async function environmentStatus(
  deps: Pick<EnvironmentsDeps, "home" | "runtimes">,
  located: Located,
  { signal }: { readonly signal: AbortSignal },
): Promise<EnvironmentStatus> {
  const { record, paths } = located;
  const composeProject = composeProjectName({ ...record, home: deps.home.id });
  const isolation = await loadIsolation(paths.isolated);
  const runtime = deps.runtimes(record.runtime);
  const projects = [composeProject, ...(isolation?.shared ?? []).map((shared) => shared.composeProject)];
  const statuses = await Promise.all(projects.map((one) => runtime.status({ composeProject: one }, { signal })));
  const containers: Containers = new Map(statuses.flatMap(({ environments }) => [...environments]));
  const services = isolation === undefined ? [] : serviceStatuses(isolation, containers);
  const ingress = isolation?.ingress ?? services.find(({ endpoint }) => endpoint.ingress)?.service;
  return {
    ...summaryOf(located, isolation, containers),
    suffix: record.suffix,
    workspace: paths.workspace,
    composeProject,
    blocks: record.allocation?.blocks ?? [],
    ...(record.allocation?.loopback === undefined ? {} : { loopback: record.allocation.loopback }),
    serviceStatus: services,
    ...(ingress === undefined ? {} : { ingress }),
    sharedWithHost: isolation?.sharedWithHost ?? [],
  };
}

/** `containers` is `undefined` when the engine did not answer. */
export function summaryOf(
  { record }: Located,
  isolation: StoredIsolation | undefined,
  containers: Containers | undefined,
): EnvironmentSummary {
  const { project, environment, sourceRoot, projectPath, format, runtime, createdAt } = record;
  const services = isolation === undefined ? [] : offeredServices(isolation, containers ?? new Map());
  const running = services.filter((service) => service.isUp).length;
  return {
    environment,
    project,
    source: projectPath === "" ? sourceRoot : `${sourceRoot}/${projectPath}`,
    format,
    runtime,
    createdAt,
    state: stateOf(record.phase, containers === undefined ? undefined : services),
    services: { total: services.length, running },
  };
}

interface Offered {
  /** Runs, or has done its one job. */
  readonly isUp: boolean;
  /** Paused ones too. */
  readonly isRunning: boolean;
  readonly isUnhealthy: boolean;
}

function offeredServices(isolation: StoredIsolation, containers: Containers): Offered[] {
  const own = isolation.services
    .filter((service) => service.scale > 0)
    .map((service) => offered(containersOf(containers, isolation.composeProject, service.name), service.oneShot));
  const shared = isolation.shared.map((service) =>
    offered(containersOf(containers, service.composeProject, service.name), false),
  );
  return [...own, ...shared];
}

function offered(containers: readonly ContainerStatus[], oneShot: boolean): Offered {
  const isPaused = containers.some((container) => container.state === "paused");
  const isRunning = isPaused || containers.some((container) => container.state === "running");
  const isDone = containers.length > 0 && containers.every((one) => one.state === "exited" && one.exitCode === 0);
  return {
    isUp: (isRunning && !isPaused) || (oneShot && isDone),
    isRunning,
    isUnhealthy: containers.some((container) => container.health === "unhealthy"),
  };
}

function stateOf(
  phase: Located["record"]["phase"],
  services: readonly Offered[] | undefined,
): EnvironmentSummary["state"] {
  if (phase !== "ready") return phase;
  if (services === undefined) return "unknown";
  if (!services.some((service) => service.isRunning)) return services.some((one) => !one.isUp) ? "stopped" : "running";
  return services.every((service) => service.isUp && !service.isUnhealthy) ? "running" : "partial";
}

function serviceStatuses(isolation: StoredIsolation, containers: Containers): ServiceStatus[] {
  const shared = new Map(isolation.shared.map((service) => [service.name, service.composeProject]));
  return endpointsOf(isolation, containers).map((endpoint) => {
    const own = containersOf(containers, shared.get(endpoint.service) ?? isolation.composeProject, endpoint.service);
    return {
      service: endpoint.service,
      label: endpoint.label,
      state: serviceState(own),
      containers: own,
      endpoint,
      shared: shared.has(endpoint.service),
    };
  });
}

/** Containers of the whole home; `undefined` when the engine does not answer, which `list` can live with. */
export async function containersOfHome(
  deps: Pick<EnvironmentsDeps, "home" | "runtimes">,
  runtime: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<Containers | undefined> {
  try {
    return (await deps.runtimes(runtime).status({ home: deps.home.id }, { signal })).environments;
  } catch (error) {
    if (isCiloError(error, EngineCode.engineUnreachable, EngineCode.engineMissing, EngineCode.composeMissing))
      return undefined;
    throw error;
  }
}
