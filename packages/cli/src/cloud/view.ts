import type { AgentEnvironment, AgentService, Environment } from "@cilo/api";
import type { EnvironmentStatus, ServiceState } from "@cilo/engine";
import { join } from "node:path";
import { type EnvironmentData, environmentData } from "../environment-data.ts";
import { endpointsOf } from "./names.ts";
import { type CloudRecord, type KnownService, cloudPaths } from "./record.ts";

/** One environment on a server in `--json`: the members of a local one, and what only a server's has. */
export interface CloudEnvironmentData extends EnvironmentData {
  readonly id: string;
  readonly server: string;
  /** As the server says: provisioning, syncing, running, stopped, degraded, failed, destroying. */
  readonly status: Environment["status"];
  readonly reason?: string;
  readonly machineId: string | null;
  readonly createdBy: string;
  readonly deadline: string | null;
  readonly deadlineReason: string | null;
  /** This machine reaches it by name. */
  readonly connected: boolean;
}

/** Everything that is known of an environment on a server. */
export interface CloudView {
  readonly home: string;
  readonly server: string;
  readonly environment: Environment;
  /** Absent: nobody connected here. */
  readonly record: CloudRecord | undefined;
  /** What the machine itself says, where it was asked. */
  readonly agent?: AgentEnvironment;
  readonly suffix: string;
}

const STATES: Readonly<Record<Environment["status"], EnvironmentStatus["state"]>> = {
  provisioning: "creating",
  syncing: "creating",
  running: "running",
  degraded: "partial",
  failed: "partial",
  stopped: "stopped",
  destroying: "destroying",
  destroyed: "destroying",
};

/** As the local commands see an environment, so that they can show it. */
export function statusOf(view: CloudView): EnvironmentStatus {
  const { environment, record, agent, home, suffix } = view;
  const services: readonly KnownService[] = environment.services.map(knownService);
  const endpoints = endpointsOf(services);
  const paths = cloudPaths(home, environment.name);
  const ingress = endpoints.find((endpoint) => endpoint.ingress)?.service;
  const states = endpoints.map(({ service }) =>
    serviceState(
      agent?.services.find(({ name }) => name === service),
      environment.status,
    ),
  );
  return {
    environment: environment.name,
    project: environment.project,
    source: record?.source === undefined ? "" : join(record.source.root, record.source.projectPath),
    workspace: record?.source === undefined ? "" : paths.workspace,
    format: environment.format,
    runtime: "cloud",
    createdAt: environment.createdAt,
    state: STATES[environment.status],
    services: {
      total: states.length,
      running: states.filter((state) => state === "running" || state === "healthy").length,
    },
    suffix,
    composeProject: "",
    blocks: environment.block === null ? [] : [environment.block],
    ...(ingress === undefined ? {} : { ingress }),
    sharedWithHost: [],
    serviceStatus: endpoints.map((endpoint, index) => ({
      service: endpoint.service,
      label: endpoint.label,
      state: states[index] ?? "stopped",
      containers: [],
      endpoint,
      shared: false,
    })),
  };
}

/** What the server says of a service, as it is kept. */
export function knownService(service: Environment["services"][number]): KnownService {
  return { ...service, ports: [...service.ports] };
}

function serviceState(service: AgentService | undefined, status: Environment["status"]): ServiceState {
  if (service === undefined) return status === "running" ? "running" : "stopped";
  if (service.health === "healthy" || service.health === "unhealthy") return service.health;
  if (service.health === "starting") return "starting";
  switch (service.state) {
    case "running":
    case "restarting":
    case "exited":
    case "completed":
      return service.state;
    default:
      return "stopped";
  }
}

export function cloudData(view: CloudView): CloudEnvironmentData {
  const { environment, server, record } = view;
  return {
    ...environmentData(statusOf(view)),
    id: environment.id,
    server,
    status: environment.status,
    ...(environment.reason === undefined ? {} : { reason: environment.reason }),
    machineId: environment.machineId,
    createdBy: environment.createdBy,
    deadline: environment.deadline,
    deadlineReason: environment.deadlineReason,
    connected: record?.connection !== undefined,
  };
}
