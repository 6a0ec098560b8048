import type { Endpoint, EndpointPort } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import type { CloudRecord, KnownService } from "./record.ts";

/** Gives the services of an environment their names on this machine; the addresses are those of the tunnel. */
export async function publishNames(context: CiloContext, record: CloudRecord): Promise<void> {
  const { deps } = await context.wiring();
  await deps.names.publish(identityOf(record, deps.home.id), endpointsOf(record.services), { signal: context.signal });
}

/** Takes them away again. None there is no failure. */
export async function withdrawNames(context: CiloContext, record: CloudRecord): Promise<void> {
  const { deps } = await context.wiring();
  await deps.names.withdraw(identityOf(record, deps.home.id), { signal: context.signal });
}

function identityOf({ project, environment, suffix }: CloudRecord, home: string) {
  return { project, environment, suffix, home };
}

/** The services as the local commands know them: the same URLs come of it. */
export function endpointsOf(services: readonly KnownService[]): Endpoint[] {
  return services.map((service) => ({
    service: service.name,
    label: service.name,
    addresses: [{ index: 1, address: service.ip }],
    ports: (service.endpoints ?? service.ports.map((port) => ({ port, protocol: "tcp" as const }))).map(portOf),
    hostnames: service.hostnames ?? [],
    ingress: service.ingress ?? false,
  }));
}

function portOf({ port, protocol, published, scheme }: NonNullable<KnownService["endpoints"]>[number]): EndpointPort {
  return {
    port,
    protocol,
    ...(published === undefined ? {} : { published }),
    ...(scheme === undefined ? {} : { scheme }),
  };
}
