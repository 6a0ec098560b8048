import type { Service } from "../spec/spec.ts";
import type { Allocation, EndpointPort } from "./isolated-spec.ts";
import { endpointPorts } from "./ports.ts";
import { lookup } from "./records.ts";
import { containerCount } from "./scale.ts";
import type { Survey } from "./service-context.ts";

/**
 * Service → the loopback address of its own that its ports are published on, where the host cannot reach containers.
 * Only services with ports that run as one container: several cannot publish one port on one address.
 */
export function loopbackAddresses(survey: Survey, { loopback }: Allocation): ReadonlyMap<string, string> {
  if (loopback === undefined) return new Map();
  const names = Object.keys(survey.services)
    .filter((name) => !survey.shared.has(name) && publishedPorts(survey, name).length > 0)
    .filter((name) => containerCount(lookup(survey.services, name) ?? {}, survey.input.options.scale[name]) === 1)
    .sort();
  return new Map(names.map((name, index) => [name, addressAt(loopback, index + 1)]));
}

/** The service with its ports, and those of services that live in its network, published on its address. */
export function publishOnLoopback(
  service: Service,
  at: { readonly name: string; readonly address: string | undefined; readonly survey: Survey },
): Service {
  const { address } = at;
  if (address === undefined) return service;
  const ports = publishedPorts(at.survey, at.name).map(({ port, protocol }) => ({
    target: port,
    published: String(port),
    host_ip: address,
    protocol,
  }));
  return { ...service, ports };
}

function publishedPorts(survey: Survey, name: string): EndpointPort[] {
  const service = lookup(survey.services, name) ?? {};
  // It has no network of its own: its ports are published by the service whose network it uses.
  if (service.network_mode !== undefined) return [];
  const names = [name, ...(survey.tenants.get(name) ?? [])];
  const ports = names.flatMap((each) => endpointPorts(lookup(survey.services, each) ?? {}));
  return [...new Map(ports.map((port) => [`${port.port}/${port.protocol}`, port])).values()];
}

function addressAt(block: string, index: number): string {
  const [network = ""] = block.split("/");
  const number = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
