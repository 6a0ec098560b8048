import type { Service } from "../spec/spec.ts";
import type { KnownAs, ServiceContext } from "./service-context.ts";
import { parseExtraHost } from "./addresses.ts";
import { lookup, without } from "./records.ts";

interface Naming {
  readonly service: string;
  readonly as: string;
  /** Networks both are on. */
  readonly networks: readonly string[];
}

/**
 * The names by which services know each other beyond their own: aliases of `links`, and `extra_hosts` that point to a
 * fixed address. A name that already means another service on the network stays with that one, and networks that stay
 * the engine's own (`kept`) get no names that other environments could have too.
 */
export function knownAs(
  services: Readonly<Record<string, Service>>,
  { fixed, kept }: { fixed: ReadonlyMap<string, string>; kept: ReadonlySet<string> },
): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const owners = nameOwners(services);
  const known = new Map<string, Map<string, string[]>>();
  for (const { service, as, networks } of namings(services, fixed)) {
    const own = networks.filter((key) => !kept.has(key));
    const isTaken = (owners.get(as) ?? service) !== service || Object.hasOwn(services, as);
    if (isTaken || own.length === 0) continue;
    owners.set(as, service);
    for (const network of own) add(known, service, network, as);
  }
  return known;
}

/** Whose a name is before any link: a service's own, else the first that declares it as an alias. */
function nameOwners(services: Readonly<Record<string, Service>>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [name, { networks }] of Object.entries(services))
    for (const alias of Object.values(networks ?? {}).flatMap((network) => network?.aliases ?? []))
      if (!owners.has(alias)) owners.set(alias, name);
  for (const name of Object.keys(services)) owners.set(name, name);
  return owners;
}

function add(known: Map<string, Map<string, string[]>>, service: string, network: string, name: string): void {
  const networks = known.get(service) ?? new Map<string, string[]>();
  const names = networks.get(network) ?? [];
  if (!names.includes(name)) networks.set(network, [...names, name]);
  known.set(service, networks);
}

function namings(services: Readonly<Record<string, Service>>, fixed: ReadonlyMap<string, string>): Naming[] {
  return Object.values(services).flatMap((service) =>
    [...linkNames(service), ...hostNames(service, fixed)].flatMap(({ target, as }) => {
      const other = lookup(services, target);
      if (other === undefined) return [];
      const networks = Object.keys(service.networks ?? {}).filter((key) => Object.hasOwn(other.networks ?? {}, key));
      return [{ service: target, as, networks }];
    }),
  );
}

function linkNames(service: Service): { target: string; as: string }[] {
  return (service.links ?? []).map(parseLink);
}

function hostNames(service: Service, fixed: ReadonlyMap<string, string>): { target: string; as: string }[] {
  return (service.extra_hosts ?? []).flatMap((entry) => {
    const { host, address } = parseExtraHost(entry);
    const target = fixed.get(address);
    return target === undefined ? [] : [{ target, as: host }];
  });
}

/** `db:database` → service `db`, known as `database`. */
export function parseLink(link: string): { target: string; as: string } {
  const colon = link.indexOf(":");
  return colon < 0 ? { target: link, as: link } : { target: link.slice(0, colon), as: link.slice(colon + 1) };
}

/**
 * A link becomes what it is today: a dependency and a name on the common network. Where the name already means
 * another service the link itself stays, for it alone can give one container its own view.
 */
export function convertLinks(service: Service, at: ServiceContext): Service {
  for (const link of service.external_links ?? [])
    at.report.notice("external-link-removed", `${at.name}: external link ${link} is not in this environment`, at.name);
  const unlinked = without(service, "external_links");
  if (service.links === undefined) return unlinked;
  const staying = service.links.filter((link) => !isKnown(parseLink(link), service, at));
  for (const link of service.links.filter((each) => !staying.includes(each) && each.includes(":")))
    at.report.notice("link-converted", `${at.name}: link ${link} is a name on their common network`, at.name);
  return {
    ...withDependencies(without(unlinked, "links"), service.links, at),
    ...(staying.length === 0 ? {} : { links: staying }),
  };
}

function isKnown(link: { target: string; as: string }, service: Service, at: ServiceContext): boolean {
  if (link.as === link.target || at.survey.shared.has(link.target)) return true;
  return Object.keys(service.networks ?? {}).some((key) =>
    namesOn(at.survey.knownAs, link.target, key).includes(link.as),
  );
}

function namesOn(known: KnownAs, service: string, network: string): readonly string[] {
  return known.get(service)?.get(network) ?? [];
}

function withDependencies(service: Service, links: readonly string[], at: ServiceContext): Service {
  const implied = links
    .map((link) => parseLink(link).target)
    .filter((target) => !at.survey.shared.has(target) && lookup(service.depends_on, target) === undefined)
    .map((target) => [target, { condition: "service_started", required: true, restart: true }] as const);
  if (implied.length === 0) return service;
  return { ...service, depends_on: { ...service.depends_on, ...Object.fromEntries(implied) } };
}
