import type { EnvironmentSpec, Network, Service } from "../spec/spec.ts";
import type { Allocation, NetworkNeed } from "./isolated-spec.ts";
import type { Report } from "./report.ts";
import type { ServiceContext, Survey, Target } from "./service-context.ts";
import { networkAliases, withAliases } from "./aliases.ts";
import { engineName } from "./names.ts";
import { filterRecord, lookup, mapValues, unique, without } from "./records.ts";
import { containerCount } from "./scale.ts";

/** Keys of every network that the project declares or a service of it is on; `default` among them when it is used. */
function networkKeys(spec: EnvironmentSpec, services: Readonly<Record<string, Service>>): string[] {
  const attached = Object.values(services).flatMap((service) => Object.keys(service.networks ?? {}));
  return unique([...Object.keys(spec.networks ?? {}), ...attached]);
}

/** Every network that is the environment's own, with the containers that will be on it. */
export function networkNeeds(survey: Survey): NetworkNeed[] {
  return networkKeys(survey.spec, survey.services)
    .filter((key) => !survey.kept.networks.has(key))
    .map((key) => ({ key, hosts: containersOn(survey, key) }));
}

function containersOn(survey: Survey, network: string): number {
  return Object.entries(survey.services)
    .filter(([, service]) => Object.hasOwn(service.networks ?? {}, network))
    .reduce((sum, [name, service]) => sum + containerCount(service, lookup(survey.input.options.scale, name)), 0);
}

/** The service on its networks under all its names. */
export function nameOnNetworks(service: Service, at: ServiceContext): Service {
  if (service.networks === undefined) return service;
  const named = mapValues(service.networks, (network, key) =>
    withAliases(network, networkAliases(at.survey, at.name, key)),
  );
  return { ...service, networks: named };
}

/** The environment's networks: private ones with a subnet each, and those that stay the engine's own. */
export function isolateNetworks(
  survey: Survey,
  target: Target,
  { allocation, report }: { allocation: Allocation; report: Report },
): Record<string, Network> {
  return Object.fromEntries(
    networkKeys(survey.spec, survey.services).map((key) => {
      const network = lookup(survey.spec.networks, key) ?? {};
      if (survey.kept.networks.has(key)) return [key, keptNetwork(network, key, report)];
      return [key, privateNetwork(network, { key, target, subnet: subnetOf(allocation, key), report })];
    }),
  );
}

function subnetOf(allocation: Allocation, key: string): string {
  const subnet = lookup(allocation.subnets, key);
  if (subnet === undefined) throw new Error(`the allocation has no subnet for network ${key}`);
  return subnet;
}

function keptNetwork(network: Network, key: string, report: Report): Network {
  const name = network.name ?? key;
  report.share({ kind: "network", what: name, readOnly: false });
  report.notice("external-kept", `network ${key} is the engine's own network ${name}, shared with whatever uses it`);
  return { external: true, name };
}

interface PrivateNetwork {
  readonly key: string;
  readonly target: Target;
  readonly subnet?: string;
  readonly report: Report;
}

/** Network drivers that are a private bridge anyway. */
const BRIDGE = new Set(["", "bridge", "default"]);

/** A bridge of the Compose project's own in place of whatever the project asked for. */
export function privateNetwork(network: Network, at: PrivateNetwork): Network {
  tellReplaced(network, at);
  const options = { ...keptOptions(network, at), ...at.target.networkOptions };
  const ipam = at.subnet === undefined ? {} : { ipam: { config: [{ subnet: at.subnet }] } };
  return {
    ...without(network, "external", "driver", "driver_opts", "ipam", "enable_ipv6", "enable_ipv4", "name", "labels"),
    name: engineName(at.target.composeProject, at.key),
    driver: "bridge",
    ...(Object.keys(options).length === 0 ? {} : { driver_opts: options }),
    ...(isClosed(network) ? { internal: true } : {}),
    ...ipam,
    labels: { ...network.labels, ...at.target.labels },
  };
}

/** Docker's driver `null` (network `none`) reaches nothing. */
function isClosed(network: Network): boolean {
  return network.driver === "null" || network.driver === "none";
}

function tellReplaced(network: Network, { key, report }: PrivateNetwork): void {
  if (network.external === true)
    report.notice(
      "external-isolated",
      `external network ${network.name ?? key} is replaced by a private one; keep_external keeps it`,
    );
  if (!BRIDGE.has(network.driver ?? ""))
    report.notice(
      "network-driver-replaced",
      `network ${key}: driver ${network.driver} is replaced by a private bridge`,
    );
  if (network.enable_ipv6 === true)
    report.notice("network-option-removed", `network ${key}: IPv6 is not used in environments`);
  for (const pool of network.ipam?.config ?? [])
    report.notice("address-released", `network ${key}: ${poolText(pool)} is replaced by a subnet of its own`);
}

function poolText(pool: { subnet?: string | undefined; gateway?: string | undefined }): string {
  return pool.subnet === undefined ? `its address settings` : `subnet ${pool.subnet}`;
}

/** Options of Docker's bridge that say nothing about the host: traffic rules, MTU, interface names inside. */
const HARMLESS = new Set([
  "com.docker.network.bridge.enable_icc",
  "com.docker.network.bridge.enable_ip_masquerade",
  "com.docker.network.container_iface_prefix",
  "com.docker.network.driver.mtu",
]);

function keptOptions(network: Network, { key, report }: PrivateNetwork): Record<string, string> {
  const isKept = (option: string): boolean => BRIDGE.has(network.driver ?? "") && HARMLESS.has(option);
  for (const option of Object.keys(network.driver_opts ?? {}).filter((name) => !isKept(name)))
    report.notice("network-option-removed", `network ${key}: driver option ${option} is not used`);
  return filterRecord(network.driver_opts ?? {}, isKept);
}
