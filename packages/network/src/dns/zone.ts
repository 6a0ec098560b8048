import { createHash } from "node:crypto";
import { parseAddress } from "../addresses/cidr.ts";
import { isHostName, isLabel, isSuffix } from "./host-name.ts";

/** Whose names; the same as the engine's type of that name as far as names need it. */
export interface ZoneIdentity {
  readonly project: string;
  readonly environment: string;
  /** With the leading dot. */
  readonly suffix: string;
}

/** A service with the addresses it answers on; the same as the engine's `Endpoint` as far as names need it. */
export interface ZoneEndpoint {
  readonly label: string;
  readonly addresses: readonly { readonly index: number; readonly address: string }[];
  /** Whole extra names; already found to be allowed. */
  readonly hostnames: readonly string[];
  readonly ingress: boolean;
}

/** All names of one environment. Every name and address in it is valid: nothing else can reach a file of dnsmasq's. */
export interface Zone {
  readonly records: readonly ZoneRecord[];
  /** The apex, under which every name answers with these addresses; absent when no ingress runs. */
  readonly wildcard?: ZoneRecord;
}

export interface ZoneRecord {
  readonly name: string;
  /** At least one. */
  readonly addresses: readonly string[];
}

/**
 * The names an environment answers to. A service without addresses has none. When names coincide, a service's own name
 * goes before the apex, the apex before a container's name.
 * @throws Error when a name or address is not what the types promise: the caller has let unchecked text through
 */
export function planZone(identity: ZoneIdentity, endpoints: readonly ZoneEndpoint[]): Zone {
  const domain = domainOf(identity);
  const apex = apexOf(identity);
  const running = endpoints.filter((endpoint) => endpoint.addresses.length > 0);
  const ingress = running.filter((endpoint) => endpoint.ingress).flatMap(addressesOf);
  const records = new Map<string, readonly string[]>();
  const add = (name: string, addresses: readonly string[]): void => {
    if (!records.has(name) && addresses.length > 0) records.set(checkedName(name), checkedAddresses(addresses));
  };
  for (const endpoint of running) add(`${checkedLabel(endpoint.label)}.${domain}`, addressesOf(endpoint));
  add(apex, ingress);
  for (const endpoint of running) {
    for (const hostname of endpoint.hostnames) add(hostname, addressesOf(endpoint));
    if (endpoint.addresses.length < 2) continue;
    for (const { index, address } of endpoint.addresses) add(`${endpoint.label}-${index}.${domain}`, [address]);
  }
  return {
    records: [...records].map(([name, addresses]) => ({ name, addresses })),
    ...(ingress.length === 0 ? {} : { wildcard: { name: checkedName(apex), addresses: checkedAddresses(ingress) } }),
  };
}

/** `<env><suffix>` without a leading dot: everything under it is the environment's. */
export function domainOf(identity: Pick<ZoneIdentity, "environment" | "suffix">): string {
  if (!isSuffix(identity.suffix)) throw new Error(`not a DNS suffix: ${JSON.stringify(identity.suffix)}`);
  return checkedName(`${checkedLabel(identity.environment)}${identity.suffix}`);
}

/** `<project>.<env><suffix>` */
export function apexOf(identity: ZoneIdentity): string {
  return `${checkedLabel(identity.project)}.${domainOf(identity)}`;
}

/** The domain of names that Cilo asks its own dnsmasq for, to learn whether it answers and what it has read. Never forwarded. */
export const CONTROL_DOMAIN = "cilo.invalid";

/** A name that our dnsmasq answers with 127.0.0.1 whatever is published, to be looked up through the system. */
export function checkName(suffix: string): string {
  return checkedName(`cilo-check${suffix}`);
}

/**
 * The zone as a hosts file. Its last line is a marker, a name made from the content: when dnsmasq answers the marker it
 * has read all of this file, and when it no longer does, nothing of it is left.
 */
export function renderHosts(identity: ZoneIdentity, zone: Zone): { readonly text: string; readonly marker: string } {
  const lines = zone.records.flatMap(({ name, addresses }) => addresses.map((address) => `${address} ${name}\n`));
  return marked(identity, lines.join(""));
}

/** A hosts file of {@link renderHosts} without one name. */
export function withoutName(
  hosts: string,
  who: Pick<ZoneIdentity, "project" | "environment">,
  name: string,
): { readonly text: string; readonly marker: string } {
  const lines = hosts.trimEnd().split("\n").slice(0, -1);
  const kept = lines.filter((line) => line.split(" ")[1] !== name).map((line) => `${line}\n`);
  return marked(who, kept.join(""));
}

function marked(
  who: Pick<ZoneIdentity, "project" | "environment">,
  body: string,
): { readonly text: string; readonly marker: string } {
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
  const marker = `z${hash}.${checkedLabel(who.environment)}.${checkedLabel(who.project)}.${CONTROL_DOMAIN}`;
  return { text: `${body}127.0.0.1 ${marker}\n`, marker };
}

/** The marker of a hosts file that {@link renderHosts} made, or `undefined`. */
export function markerOf(hosts: string): string | undefined {
  const marker = hosts.trimEnd().split("\n").at(-1)?.split(" ")[1];
  return marker !== undefined && isHostName(marker) && marker.endsWith(`.${CONTROL_DOMAIN}`) ? marker : undefined;
}

/** One line per environment with a wildcard: the apex, then its addresses. Kept in a file per environment. */
export function renderWildcard(record: ZoneRecord): string {
  return `${checkedName(record.name)} ${checkedAddresses(record.addresses).join(" ")}\n`;
}

/** Reads {@link renderWildcard} back; `undefined` for anything else, so that no other text reaches dnsmasq's configuration. */
export function parseWildcard(text: string): ZoneRecord | undefined {
  const [name, ...addresses] = text.trim().split(" ");
  const isValid = name !== undefined && isHostName(name) && addresses.length > 0;
  return isValid && addresses.every((address) => parseAddress(address) !== undefined) ? { name, addresses } : undefined;
}

function addressesOf(endpoint: ZoneEndpoint): string[] {
  return [...endpoint.addresses].sort((a, b) => a.index - b.index).map(({ address }) => address);
}

function checkedLabel(label: string): string {
  if (!isLabel(label)) throw new Error(`not a DNS label: ${JSON.stringify(label)}`);
  return label;
}

function checkedName(name: string): string {
  if (!isHostName(name)) throw new Error(`not a host name: ${JSON.stringify(name)}`);
  return name;
}

function checkedAddresses(addresses: readonly string[]): string[] {
  const wrong = addresses.find((address) => parseAddress(address) === undefined);
  if (wrong !== undefined) throw new Error(`not an IPv4 address: ${JSON.stringify(wrong)}`);
  return [...new Set(addresses)];
}
