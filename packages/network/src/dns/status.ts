import type { Names } from "./names.ts";
import { queryAddresses } from "./query.ts";
import type { ResolverSetup, ResolverStatus } from "./system-resolver.ts";
import { checkName } from "./zone.ts";

export interface DnsStatus {
  /** Our dnsmasq in front runs. */
  readonly running: boolean;
  readonly pid?: number;
  readonly port: number;
  readonly suffixes: readonly string[];
  /** Everything that is published answers, wildcards included. */
  readonly complete: boolean;
  readonly names: number;
  readonly wildcards: number;
  readonly environments: number;
  /** A question put to our dnsmasq directly is answered. */
  readonly answersDirectly: boolean;
  readonly resolver: ResolverStatus;
}

/** How names are served and found on this machine, end to end. Changes nothing. */
export async function dnsStatus(
  parts: { readonly names: Names; readonly resolver: ResolverSetup; readonly suffixes: readonly string[] },
  options: { readonly signal: AbortSignal },
): Promise<DnsStatus> {
  const { names, resolver, suffixes } = parts;
  const { signal } = options;
  const { server, files } = names;
  const direct = suffixes.map((suffix) => queryAddresses(checkName(suffix), { port: server.port, signal }));
  const [pid, complete, count, wildcards, environments, answers, status] = await Promise.all([
    server.pid(signal),
    server.isRight(signal),
    files.countNames(),
    files.wildcards(),
    files.published(),
    Promise.all(direct),
    resolver.status(suffixes, { signal }),
  ]);
  return {
    running: pid !== undefined,
    ...(pid === undefined ? {} : { pid }),
    port: server.port,
    suffixes,
    complete,
    names: count,
    wildcards: wildcards.length,
    environments: environments.length,
    answersDirectly: answers.every((answer) => answer.kind === "found"),
    resolver: status,
  };
}
