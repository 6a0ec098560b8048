import type { Service } from "../spec/spec.ts";
import type { Report } from "./report.ts";
import { lookup, without } from "./records.ts";

interface Settling {
  readonly name: string;
  /** `container_name` → service. */
  readonly containers: ReadonlyMap<string, string>;
  readonly report: Report;
}

/**
 * Gives a service namespaces of its own where it asked for the host's or a foreign container's. `service:…` and
 * `none` stay; `container:…` that names a container of this project becomes `service:…`. Afterwards every service that
 * is on a network names it.
 */
export function settleNamespaces(service: Service, at: Settling): Service {
  const settled = NAMESPACES.reduce((result, namespace) => settleNamespace(result, namespace, at), service);
  return settleNetworkMode(settled, at);
}

const NAMESPACES = ["ipc", "pid", "uts", "userns_mode", "cgroup"] as const;

/** Modes that lead to nothing but the service's own or another service's; the last three are Podman's user namespaces. */
const OWN = /^(?:|none|private|shareable|service:.+|keep-id|nomap|auto)$/u;

function settleNamespace(service: Service, namespace: (typeof NAMESPACES)[number], at: Settling): Service {
  const mode = service[namespace];
  if (mode === undefined) return service;
  const own = ownContainer(mode, at);
  if (own !== undefined) return followService({ ...service, [namespace]: `service:${own}` }, own);
  if (OWN.test(mode)) return service;
  at.report.notice("namespace-isolated", `${at.name}: ${namespace} ${mode} is not used; it has its own`, at.name);
  return without(service, namespace);
}

function settleNetworkMode(service: Service, at: Settling): Service {
  const mode = service.network_mode;
  if (mode === undefined || mode === "") return onDefaultNetwork(without(service, "network_mode"));
  if (mode === "none" || mode.startsWith("service:")) return service;
  const own = ownContainer(mode, at);
  if (own !== undefined) return followService({ ...service, network_mode: `service:${own}` }, own);
  const advice = mode === "host" ? "; other services are reached by their names, not at localhost" : "";
  at.report.notice(
    "network-mode-isolated",
    `${at.name}: network_mode ${mode} is replaced by the environment's default network${advice}`,
    at.name,
  );
  return onDefaultNetwork(without(service, "network_mode"));
}

function onDefaultNetwork(service: Service): Service {
  if (service.networks !== undefined && Object.keys(service.networks).length > 0) return service;
  return { ...service, networks: { default: null } };
}

function ownContainer(mode: string, at: Settling): string | undefined {
  if (!mode.startsWith("container:")) return undefined;
  const name = mode.slice("container:".length);
  const service = at.containers.get(name);
  return service === at.name ? undefined : service;
}

/** What Compose implies for `service:…`. */
function followService(service: Service, other: string): Service {
  if (lookup(service.depends_on, other) !== undefined) return service;
  const dependency = { condition: "service_started", required: true, restart: true };
  return { ...service, depends_on: { ...service.depends_on, [other]: dependency } };
}

/** The service that a mode such as `service:db` names. */
export function namedService(mode: string | undefined): string | undefined {
  return mode?.startsWith("service:") === true ? mode.slice("service:".length) : undefined;
}

/**
 * The service whose network a service lives in by `network_mode: service:…`, however many steps away; `undefined` when
 * it has one of its own.
 */
export function networkHost(name: string, services: Readonly<Record<string, Service>>): string | undefined {
  const passed = new Set([name]);
  let host = namedService(lookup(services, name)?.network_mode);
  for (let next = host; next !== undefined && !passed.has(next);) {
    host = next;
    passed.add(next);
    next = namedService(lookup(services, next)?.network_mode);
  }
  return host;
}

/** Service → those whose network it is. */
export function networkTenants(services: Readonly<Record<string, Service>>): ReadonlyMap<string, readonly string[]> {
  const tenants = new Map<string, string[]>();
  for (const name of Object.keys(services)) {
    const host = networkHost(name, services);
    if (host !== undefined) tenants.set(host, [...(tenants.get(host) ?? []), name]);
  }
  return tenants;
}
