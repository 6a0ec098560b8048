import type { Addresses } from "./addresses/addresses.ts";
import { findDnsmasq } from "./dns/find-dnsmasq.ts";
import { ownerOf } from "./dns/hostnames.ts";
import type { Names } from "./dns/names.ts";
import type { ResolverSetup } from "./dns/system-resolver.ts";

/** One thing `doctor` looks at. */
export interface NetworkCheck {
  readonly name: string;
  run(signal: AbortSignal): Promise<readonly NetworkFinding[]>;
}

export interface NetworkFinding {
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** The next command to type. */
  readonly hint?: string;
  /** Mends it and answers what was done. */
  readonly fix?: (signal: AbortSignal) => Promise<string>;
}

export interface CheckParts {
  readonly addresses: Addresses;
  readonly names: Names;
  readonly resolver: ResolverSetup;
  readonly dnsPort: number;
  readonly suffixes: readonly string[];
  /** `<project>/<environment>` of every environment of the home, half-made ones included. */
  readonly owners: () => Promise<readonly string[]>;
  /** Gives an owner other addresses, and says what was done; absent: nobody can. */
  readonly moveAway?: (owner: string, signal: AbortSignal) => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}

/** What `doctor` checks of addresses and names, in the order in which one depends on another. */
export function networkChecks(parts: CheckParts): readonly NetworkCheck[] {
  return [
    { name: "dnsmasq", run: () => checkProgram(parts) },
    { name: "name server", run: (signal) => checkServer(parts, signal) },
    { name: "system resolver", run: (signal) => checkResolver(parts, signal) },
    { name: "names", run: () => checkNames(parts) },
    { name: "address blocks", run: () => checkBlocks(parts) },
    { name: "routes", run: (signal) => checkRoutes(parts, signal) },
  ];
}

async function checkProgram({ env, platform = process.platform }: CheckParts): Promise<NetworkFinding[]> {
  return [{ status: "ok", message: `dnsmasq is ${await findDnsmasq({ env, platform })}` }];
}

async function checkServer({ names, dnsPort }: CheckParts, signal: AbortSignal): Promise<NetworkFinding[]> {
  if (await names.server.isRight(signal))
    return [{ status: "ok", message: `names are served on 127.0.0.1 port ${dnsPort}` }];
  const isNeeded = (await names.published()).length > 0;
  const message = `names are not served on 127.0.0.1 port ${dnsPort}`;
  if (!isNeeded) return [{ status: "ok", message: `${message}; no environment has any` }];
  const fix = async (fixSignal: AbortSignal): Promise<string> => {
    await names.server.ensure(fixSignal);
    return "dnsmasq was started";
  };
  return [{ status: "fail", message, fix }];
}

async function checkResolver(
  { resolver, suffixes, dnsPort, names }: CheckParts,
  signal: AbortSignal,
): Promise<NetworkFinding[]> {
  const status = await resolver.status(suffixes, { signal });
  const kind = status.kind ?? "unknown kind";
  const hint = "sudo cilo init";
  if (!status.isSetUp)
    return [{ status: "warn", message: `this machine's resolver (${kind}) does not know our names`, hint }];
  const missing = suffixes.filter((suffix) => !status.found.includes(suffix));
  if (missing.length === 0 && status.forwarderAnswers)
    return [{ status: "ok", message: `this machine's resolver (${kind}) finds names under ${suffixes.join(", ")}` }];
  const reason = status.forwarderAnswers
    ? `${status.changedFiles.join(", ") || "something"} changed since cilo init`
    : "our forwarder on port 53 does not run";
  const fix = async (fixSignal: AbortSignal): Promise<string> => {
    await names.start({ signal: fixSignal });
    await resolver.init({ dnsPort, suffixes }, { signal: fixSignal });
    return "the resolver was set up again";
  };
  return [
    { status: "fail", message: `this machine's resolver (${kind}) does not find our names: ${reason}`, hint, fix },
  ];
}

/** Names and extra hostnames of environments that are gone. */
async function checkNames({ names, owners }: CheckParts): Promise<NetworkFinding[]> {
  const known = new Set(await owners());
  const published = (await names.published()).filter((who) => !known.has(ownerOf(who)));
  const claims = (await names.files.hostnames()).filter((claim) => !known.has(claim.owner));
  const findings = published.map((who): NetworkFinding => {
    const fix = async (signal: AbortSignal): Promise<string> => {
      await names.withdraw(who, { signal });
      return `the names of ${ownerOf(who)} were taken away`;
    };
    return { status: "warn", message: `there are names of ${ownerOf(who)}, which does not exist`, fix };
  });
  for (const { hostname, owner } of claims) {
    const fix = async (): Promise<string> => {
      await names.files.giveHostname(hostname);
      return `${hostname} is free again`;
    };
    findings.push({
      status: "warn",
      message: `the hostname ${hostname} is kept for ${owner}, which does not exist`,
      fix,
    });
  }
  return findings.length > 0
    ? findings
    : [{ status: "ok", message: `${await names.files.countNames()} names, all of environments that exist` }];
}

async function checkBlocks({ addresses, owners }: CheckParts): Promise<NetworkFinding[]> {
  const orphans = await addresses.orphanBlocks(await owners());
  const findings = orphans.map((orphan): NetworkFinding => {
    const fix = async (): Promise<string> => {
      await addresses.releaseBlock(orphan);
      return `${orphan.block} is free again`;
    };
    return {
      status: "warn",
      message: `${orphan.block} is kept for ${orphan.owner || "nobody"}, which does not exist`,
      fix,
    };
  });
  return findings.length > 0 ? findings : [{ status: "ok", message: "every address block belongs to an environment" }];
}

async function checkRoutes({ addresses, moveAway }: CheckParts, signal: AbortSignal): Promise<NetworkFinding[]> {
  const conflicts = await addresses.routeConflicts(signal);
  const findings = conflicts.map(({ route, device, owners }): NetworkFinding => {
    const shown = `the route to ${route}${device === undefined ? "" : ` (${device})`}`;
    if (owners.length === 0)
      return {
        status: "warn",
        message: `${shown} overlaps the address pool; new environments avoid it`,
        hint: "cilo init --base-subnet CIDR",
      };
    const fix = async (fixSignal: AbortSignal): Promise<string> => {
      const done: string[] = [];
      for (const owner of owners) done.push((await moveAway?.(owner, fixSignal)) ?? "");
      return done.join("; ");
    };
    return {
      status: "fail",
      message: `${shown} overlaps the addresses of ${owners.join(", ")}: one hides the other`,
      ...(moveAway === undefined ? { hint: "cilo doctor --fix" } : { fix }),
    };
  });
  return findings.length > 0
    ? findings
    : [{ status: "ok", message: "no route of this machine overlaps our addresses" }];
}
