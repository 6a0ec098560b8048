import { CiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { isHostName, isWithin } from "./host-name.ts";
import { type ZoneEndpoint, type ZoneIdentity, apexOf, domainOf } from "./zone.ts";
import type { ZoneFiles } from "./zone-files.ts";

export interface HostnameRules {
  /** With the leading dot. */
  readonly suffixes: readonly string[];
  /** Every other environment that is known. */
  readonly others: readonly { readonly project: string; readonly environment: string }[];
}

/**
 * Checks an environment's suffix and extra hostnames: each a host name under a registered suffix, not under another
 * environment's name, not one of its own services' names, and each for one service. Pure.
 * @throws CiloError `HOSTNAME_REFUSED`, naming the hostname and what it clashes with
 */
export function checkHostnames(
  identity: ZoneIdentity,
  endpoints: readonly (ZoneEndpoint & { readonly service: string })[],
  rules: HostnameRules,
): void {
  if (!rules.suffixes.includes(identity.suffix))
    throw refused(`the suffix ${identity.suffix} is not registered on this machine`, registerHint(identity.suffix));
  const holders = ownNames(identity, endpoints);
  for (const endpoint of endpoints) {
    for (const hostname of new Set(endpoint.hostnames)) {
      checkHostname(hostname, rules);
      const holder = holders.get(hostname);
      if (holder !== undefined && holder !== endpoint.service)
        throw refused(`the hostname ${hostname} of ${endpoint.service} is already that of ${holder}`);
      holders.set(hostname, endpoint.service);
    }
  }
}

function checkHostname(hostname: string, rules: HostnameRules): void {
  if (!isHostName(hostname))
    throw refused(
      `${JSON.stringify(hostname.slice(0, 80))} is not a host name: lower-case letters, digits and hyphens`,
    );
  const suffix = rules.suffixes.find((registered) => hostname.endsWith(registered));
  if (suffix === undefined) {
    const shown = rules.suffixes.join(", ");
    throw refused(
      `the hostname ${hostname} is under no suffix registered on this machine (${shown})`,
      registerHint(`.${hostname.split(".").at(-1)}`),
    );
  }
  for (const other of rules.others) {
    for (const registered of rules.suffixes) {
      if (isWithin(hostname, `${other.environment}${registered}`))
        throw refused(`the hostname ${hostname} belongs to the environment ${other.environment} of ${other.project}`);
    }
  }
}

function ownNames(
  identity: ZoneIdentity,
  endpoints: readonly (ZoneEndpoint & { readonly service: string })[],
): Map<string, string> {
  const ingress = endpoints.find((endpoint) => endpoint.ingress);
  const names = new Map(ingress === undefined ? [] : [[apexOf(identity), ingress.service]]);
  for (const endpoint of endpoints) {
    names.set(`${endpoint.label}.${domainOf(identity)}`, endpoint.service);
    for (const { index } of endpoint.addresses.length < 2 ? [] : endpoint.addresses)
      names.set(`${endpoint.label}-${index}.${domainOf(identity)}`, endpoint.service);
  }
  return names;
}

/**
 * Takes the environment's hostnames for it, all or none, whoever else tries at the same time, and gives back those it
 * no longer has with `release`.
 * @throws CiloError `HOSTNAME_REFUSED` when another environment has one of them, or has one under this one's name
 */
export async function takeHostnames(
  files: ZoneFiles,
  identity: ZoneIdentity,
  wanted: readonly string[],
): Promise<{ readonly release: () => Promise<void> }> {
  const owner = ownerOf(identity);
  const held = await files.hostnames();
  const intruder = held.find((claim) => claim.owner !== owner && isWithin(claim.hostname, domainOf(identity)));
  if (intruder !== undefined)
    throw refused(
      `the environment ${shown(intruder.owner)} has the hostname ${intruder.hostname}, which is under ${domainOf(identity)}`,
    );
  const taken: string[] = [];
  for (const hostname of wanted) {
    const claim = await files.takeHostname(hostname, owner);
    if (claim.isNew) taken.push(hostname);
    if (claim.owner === owner) continue;
    await Promise.all(taken.map((name) => files.giveHostname(name)));
    throw refused(`the hostname ${hostname} belongs to the environment ${shown(claim.owner)}`);
  }
  const dropped = held.filter((claim) => claim.owner === owner && !wanted.includes(claim.hostname));
  return {
    release: async () => {
      await Promise.all(dropped.map((claim) => files.giveHostname(claim.hostname)));
    },
  };
}

export function ownerOf(who: Pick<ZoneIdentity, "project" | "environment">): string {
  return `${who.project}/${who.environment}`;
}

function shown(owner: string): string {
  const [project, environment] = owner.split("/");
  return environment === undefined ? "of another home" : `${environment} of ${project}`;
}

function registerHint(suffix: string): string {
  return `cilo init --suffix ${/^[.a-z0-9-]{2,80}$/u.test(suffix) ? suffix : ".NAME"}`;
}

function refused(
  message: string,
  hint = "Change the label cilo.hostnames or hostnames in .cilo/config.yml",
): CiloError {
  return new CiloError(NetworkCode.hostnameRefused, message, { hint });
}
