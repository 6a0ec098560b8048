import type { Service, ServiceNetwork } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { mapValues, without } from "./records.ts";

const FIXED = ["ipv4_address", "ipv6_address", "link_local_ips", "mac_address"] as const;

/** Address → service, of every fixed address in the project. */
export function fixedAddresses(services: Readonly<Record<string, Service>>): ReadonlyMap<string, string> {
  const attachments = Object.entries(services).flatMap(([name, service]) =>
    Object.values(service.networks ?? {}).map((network) => ({ name, network })),
  );
  return new Map(
    attachments.flatMap(({ name, network }) =>
      [network?.ipv4_address, network?.ipv6_address]
        .filter((address) => address !== undefined && address !== "")
        .map((address): [string, string] => [address ?? "", name]),
    ),
  );
}

/** Lets the engine choose addresses: a fixed one would be another environment's too. */
export function releaseAddresses(service: Service, at: ServiceContext): Service {
  const networks = service.networks;
  const released = networks === undefined ? {} : { networks: mapValues(networks, (network) => release(network, at)) };
  if (service.mac_address === undefined) return { ...service, ...released };
  tell("mac_address", service.mac_address, at);
  return { ...without(service, "mac_address"), ...released };
}

function release(network: ServiceNetwork | null, at: ServiceContext): ServiceNetwork | null {
  const fixed = FIXED.filter((key) => network?.[key] !== undefined);
  if (network === null || fixed.length === 0) return network;
  for (const key of fixed) tell(key, [network[key] ?? []].flat().join(", "), at);
  return without(network, ...fixed);
}

function tell(attribute: string, value: string, at: ServiceContext): void {
  at.report.notice(
    "address-released",
    `${at.name}: ${attribute} ${value} is not used; others reach it by name`,
    at.name,
  );
}

/** One `extra_hosts` entry: `name=address`, or `name:address` as typed. */
export function parseExtraHost(entry: string): { readonly host: string; readonly address: string } {
  const at = entry.includes("=") ? entry.indexOf("=") : entry.indexOf(":");
  if (at < 0) return { host: entry, address: "" };
  return { host: entry.slice(0, at), address: entry.slice(at + 1).replace(/^\[(.*)\]$/u, "$1") };
}

/**
 * `extra_hosts` and `dns` entries that point to a fixed address of a service go: the host names have become names of
 * that service (aliases.ts), and a name server that has no address any more would only cost time-outs.
 */
export function dropStaleAddresses(service: Service, at: ServiceContext): Service {
  const isStale = (address: string): boolean => at.survey.fixedAddresses.has(address);
  const hosts = service.extra_hosts?.filter((entry) => !isStale(parseExtraHost(entry).address));
  const dns = service.dns?.filter((address) => !isStale(address));
  for (const gone of [...removed(service.extra_hosts, hosts), ...removed(service.dns, dns)])
    at.report.notice("address-released", `${at.name}: ${gone} pointed to a fixed address and is not used`, at.name);
  return {
    ...without(service, "extra_hosts", "dns"),
    ...(hosts === undefined || hosts.length === 0 ? {} : { extra_hosts: hosts }),
    ...(dns === undefined || dns.length === 0 ? {} : { dns }),
  };
}

function removed(before: readonly string[] | undefined, after: readonly string[] | undefined): string[] {
  return (before ?? []).filter((item) => !(after ?? []).includes(item));
}
