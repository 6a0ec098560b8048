import { endpointPort } from "../isolation/ports.ts";
import type { ContainerStatus } from "../runtimes/runtime.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import type { Endpoint } from "./ports.ts";

/** Containers by Compose project, as `Runtime.status` answers them. */
export type Containers = ReadonlyMap<string, readonly ContainerStatus[]>;

/** Every service of an environment with the addresses it answers on now, its shared ones included. */
export function endpointsOf(isolation: StoredIsolation, containers: Containers): Endpoint[] {
  const own = isolation.services.map((service) => ({
    ...service,
    // `network_mode: service:…` has no address of its own.
    containers: containersOf(containers, isolation.composeProject, service.networkOf ?? service.name),
  }));
  const shared = isolation.shared.map((service) => ({
    ...service,
    containers: containersOf(containers, service.composeProject, service.name),
  }));
  const spoken = spokenFor(own);
  const endpoints = [...own, ...shared].map((service) => ({
    service: service.name,
    label: service.label,
    addresses: addressesOf(service.containers, isolation, "loopback" in service ? service.loopback : undefined),
    ports: service.ports.length > 0 ? service.ports : exposedPorts(service, spoken),
    hostnames: service.hostnames,
  }));
  const ingress = isolation.ingress ?? onlyHttp(endpoints);
  return endpoints.map((endpoint) => ({ ...endpoint, ingress: endpoint.service === ingress }));
}

/** Where the project's own words name no front door, what its images expose may. */
function onlyHttp(endpoints: readonly Pick<Endpoint, "service" | "ports">[]): string | undefined {
  const [only, ...more] = endpoints.filter(({ ports }) => ports.some(({ scheme }) => scheme !== undefined));
  return more.length === 0 ? only?.service : undefined;
}

interface Exposing {
  readonly containers: readonly ContainerStatus[];
  readonly ports: Endpoint["ports"];
  readonly networkOf?: string;
  readonly buildContexts?: readonly string[];
}

/**
 * Images, by identifier and by what they are built from, of the services that name their ports: what such an image
 * exposes is those services', and says nothing of a worker that runs from it beside them.
 */
function spokenFor(services: readonly Exposing[]): ReadonlySet<string> {
  return new Set(services.filter(({ ports }) => ports.length > 0).flatMap(imagesOf));
}

function imagesOf({ containers, buildContexts = [] }: Exposing): string[] {
  return [...containers.flatMap(({ imageId }) => imageId ?? []), ...buildContexts];
}

/** Of a service whose definition names no port: those of its image. */
function exposedPorts(service: Exposing, spoken: ReadonlySet<string>): Endpoint["ports"] {
  if (service.networkOf !== undefined || imagesOf(service).some((image) => spoken.has(image))) return [];
  const first = service.containers.find((container) => container.exposed !== undefined);
  return (first?.exposed ?? []).map(({ port, protocol }) => endpointPort(port, protocol));
}

/** A service's containers by index. */
export function containersOf(containers: Containers, composeProject: string, service: string): ContainerStatus[] {
  return (containers.get(composeProject) ?? [])
    .filter((container) => container.service === service)
    .sort((a, b) => a.index - b.index);
}

function addressesOf(
  containers: readonly ContainerStatus[],
  isolation: StoredIsolation,
  loopback: string | undefined,
): Endpoint["addresses"] {
  return containers.flatMap((container) => {
    const address = loopback ?? addressIn(container, isolation);
    return address === undefined || container.state !== "running" ? [] : [{ index: container.index, address }];
  });
}

/** Its address on the first network of the environment that it is in; a shared container has others elsewhere too. */
function addressIn(container: ContainerStatus, isolation: StoredIsolation): string | undefined {
  for (const network of isolation.networks) {
    const address = container.addresses[network.name];
    if (address !== undefined && address !== "") return address;
  }
  return undefined;
}
