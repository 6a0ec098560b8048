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

/** A hostname that an environment wanted and does not have: another one's name has come over it since. */
export interface YieldedHostname {
  readonly hostname: string;
  /** `<project>/<environment>` that had it. */
  readonly from: string;
  /** Of that one's names without it; absent when it has none. */
  readonly marker?: string;
}

/**
 * Takes the environment's hostnames for it, all or none, whoever else tries at the same time, and gives back those it
 * no longer has with `release`. What others have under its own name it takes from them: an environment that comes
 * later has its names all the same, and a hostname does not keep it from them.
 * @throws CiloError `HOSTNAME_REFUSED` when another environment has one of them
 */
export async function takeHostnames(
  files: ZoneFiles,
  identity: ZoneIdentity,
  wanted: readonly string[],
): Promise<{ readonly release: () => Promise<void>; readonly yielded: readonly YieldedHostname[] }> {
  const owner = ownerOf(identity);
  const held = await files.hostnames();
  const yielded: YieldedHostname[] = [];
  for (const { hostname, owner: from } of held) {
    if (from === owner || !isWithin(hostname, domainOf(identity))) continue;
    const marker = await files.yieldHostname(hostname, { to: owner, from });
    yielded.push({ hostname, from, ...(marker === undefined ? {} : { marker }) });
  }
  const taken: string[] = [];
  for (const hostname of wanted) {
    const claim = await files.takeHostname(hostname, owner);
    if (claim.isNew) taken.push(hostname);
    if (claim.owner === owner) continue;
    await Promise.all(taken.map((name) => files.giveHostname(name)));
    throw refused(`the hostname ${hostname} belongs to the environment ${shown(claim.owner)}`);
  }
  const dropped = held.filter(
    (claim) => claim.owner === owner && claim.from === undefined && !wanted.includes(claim.hostname),
  );
  return {
    yielded,
    release: async () => {
      await Promise.all(dropped.map((claim) => files.giveHostname(claim.hostname)));
    },
  };
}

/**
 * The endpoints without the hostnames that this environment has had to yield. They are no error any more, as they were
 * none when it took them; they are its again once the environment that has them is gone.
 */
export async function withoutYielded<Endpoint extends Pick<ZoneEndpoint, "hostnames">>(
  files: ZoneFiles,
  identity: ZoneIdentity,
  endpoints: readonly Endpoint[],
): Promise<Endpoint[]> {
  const held = await files.hostnames();
  const lost = new Set(held.filter(({ from }) => from === ownerOf(identity)).map(({ hostname }) => hostname));
  return endpoints.map((endpoint) => ({
    ...endpoint,
    hostnames: endpoint.hostnames.filter((hostname) => !lost.has(hostname)),
  }));
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
