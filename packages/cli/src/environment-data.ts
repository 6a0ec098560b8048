import type { EnvironmentStatus, ServiceState, SharedWithHost } from "@cilo/engine";
import { type ServiceUrl, baseUrl, hostname, serviceUrls } from "./urls.ts";

/** One service in `--json`. */
export interface ServiceData {
  readonly service: string;
  readonly state: ServiceState;
  readonly hostname: string;
  /** The first of `urls`. */
  readonly url?: string;
  readonly urls: readonly ServiceUrl[];
  readonly addresses: readonly string[];
  /** Extra names. */
  readonly hostnames: readonly string[];
  readonly containers: readonly ContainerData[];
  readonly ingress: boolean;
  readonly shared: boolean;
}

export interface ContainerData {
  readonly id: string;
  readonly name: string;
  readonly index: number;
  readonly state: string;
  readonly health?: string;
  readonly exitCode?: number;
}

/** One environment in `--json`: `up`, `create`, `status`. */
export interface EnvironmentData {
  readonly environment: string;
  readonly project: string;
  readonly state: EnvironmentStatus["state"];
  readonly source: string;
  readonly workspace: string;
  readonly format: string;
  readonly runtime: string;
  readonly createdAt: string;
  readonly suffix: string;
  readonly composeProject: string;
  readonly blocks: readonly string[];
  /** CIDR; absent: containers are reached directly. */
  readonly loopback?: string;
  /** URL of the apex name. */
  readonly baseUrl?: string;
  readonly services: readonly ServiceData[];
  readonly sharedWithHost: readonly SharedWithHost[];
}

export function environmentData(status: EnvironmentStatus): EnvironmentData {
  const apex = baseUrl(status);
  return {
    environment: status.environment,
    project: status.project,
    state: status.state,
    source: status.source,
    workspace: status.workspace,
    format: status.format,
    runtime: status.runtime,
    createdAt: status.createdAt,
    suffix: status.suffix,
    composeProject: status.composeProject,
    blocks: status.blocks,
    ...(status.loopback === undefined ? {} : { loopback: status.loopback }),
    ...(apex === undefined ? {} : { baseUrl: apex }),
    services: status.serviceStatus.map((service) => serviceData(service, status)),
    sharedWithHost: status.sharedWithHost,
  };
}

function serviceData(service: EnvironmentStatus["serviceStatus"][number], status: EnvironmentStatus): ServiceData {
  const urls = serviceUrls(service, status);
  return {
    service: service.service,
    state: service.state,
    hostname: hostname(service.label, status),
    ...(urls[0] === undefined ? {} : { url: urls[0].url }),
    urls,
    addresses: service.endpoint.addresses.map(({ address }) => address),
    hostnames: service.endpoint.hostnames,
    containers: service.containers.map((container) => ({
      id: container.id,
      name: container.containerName,
      index: container.index,
      state: container.state,
      ...(container.health === undefined ? {} : { health: container.health }),
      ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    })),
    ingress: service.endpoint.ingress,
    shared: service.shared,
  };
}
