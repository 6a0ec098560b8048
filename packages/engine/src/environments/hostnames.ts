import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { composeProjectName } from "../isolation/names.ts";
import { parseLabel } from "../spec/names.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { type Containers, endpointsOf } from "./endpoints.ts";
import type { EnvironmentStatus, HostnameChange, Located } from "./environments.ts";
import { type StoredIsolation, loadIsolation, saveIsolation } from "./isolation-file.ts";
import { beginOperation } from "./operation.ts";
import { findReady, saveRecord } from "./records.ts";
import { environmentStatus } from "./status.ts";

/** Extra names by service, as `cilo hostnames add` gave them; kept in the environment's record, not in the project. */
export type Hostnames = Readonly<Record<string, readonly string[]>>;

/** {@link Environments.changeHostnames} */
export async function changeHostnames(
  deps: EnvironmentsDeps,
  name: string,
  request: HostnameChange & { readonly signal: AbortSignal },
): Promise<EnvironmentStatus> {
  const environment = parseLabel(name, "environment");
  const { signal } = request;
  await using _ = await beginOperation(deps.home, environment, { signal, onEvent: () => undefined });
  const located = await findReady(deps.home, environment);
  const isolation = await loadIsolation(located.paths.isolated);
  if (isolation === undefined) throw notThere(environment, request.service, []);
  const names = namesAfter(located, isolation, request);
  if (names !== undefined)
    await apply(deps, { located, isolation: withNames(isolation, request.service, names.all) }, request);
  if (names !== undefined)
    await remember(deps, located, { ...located.record.options.hostnames, [request.service]: [...names.added] });
  return await environmentStatus(deps, located, { signal });
}

/** All names of the service and the added ones among them; `undefined` when nothing changes. */
function namesAfter(
  { record }: Located,
  isolation: StoredIsolation,
  { service, hostname, kind }: HostnameChange,
): { readonly all: readonly string[]; readonly added: readonly string[] } | undefined {
  const services = [...isolation.services, ...isolation.shared];
  const found = services.find((one) => one.name === service);
  if (found === undefined) throw notThere(record.environment, service, services);
  const added = record.options.hostnames?.[service] ?? [];
  if (kind === "add")
    return found.hostnames.includes(hostname)
      ? undefined
      : { all: [...found.hostnames, hostname], added: [...added, hostname] };
  if (!added.includes(hostname)) throw notAdded(found.hostnames, { service, hostname });
  const without = (names: readonly string[]): string[] => names.filter((one) => one !== hostname);
  return { all: without(found.hostnames), added: without(added) };
}

/** Publishes first: a name that may not be used changes nothing. */
async function apply(
  deps: EnvironmentsDeps,
  { located, isolation }: { readonly located: Located; readonly isolation: StoredIsolation },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { record, paths } = located;
  const identity = { ...record, home: deps.home.id };
  const runtime = deps.runtimes(record.runtime);
  const projects = [composeProjectName(identity), ...isolation.shared.map((shared) => shared.composeProject)];
  const statuses = await Promise.all(projects.map((composeProject) => runtime.status({ composeProject }, { signal })));
  const containers: Containers = new Map(statuses.flatMap(({ environments }) => [...environments]));
  const endpoints = endpointsOf(isolation, containers);
  await deps.names.publish(identity, endpoints, { signal });
  if (endpoints.every(({ addresses }) => addresses.length === 0)) await deps.names.withdraw(identity, { signal });
  await saveIsolation(paths.isolated, isolation);
}

async function remember(deps: EnvironmentsDeps, { record }: Located, hostnames: Hostnames): Promise<void> {
  const kept = Object.entries(hostnames).flatMap(([service, names]) =>
    names.length === 0 ? [] : [[service, [...names]]],
  );
  await saveRecord(deps.home, { ...record, options: { ...record.options, hostnames: Object.fromEntries(kept) } });
}

function withNames(isolation: StoredIsolation, service: string, hostnames: readonly string[]): StoredIsolation {
  const change = <T extends { name: string; hostnames: string[] }>(one: T): T =>
    one.name === service ? { ...one, hostnames: [...hostnames] } : one;
  return { ...isolation, services: isolation.services.map(change), shared: isolation.shared.map(change) };
}

/** The names of the project's config and those that were added, by service. */
export function mergeHostnames(configured: Hostnames, added: Hostnames = {}): Record<string, readonly string[]> {
  const services = new Set([...Object.keys(configured), ...Object.keys(added)]);
  return Object.fromEntries(
    [...services].map((service) => [
      service,
      [...new Set([...(configured[service] ?? []), ...(added[service] ?? [])])],
    ]),
  );
}

function notThere(environment: string, service: string, services: readonly { readonly name: string }[]): CiloError {
  return new CiloError(EngineCode.serviceNotFound, `${environment} has no service ${service}`, {
    hint: `It has ${services.map(({ name }) => name).join(", ")}`,
  });
}

function notAdded(
  hostnames: readonly string[],
  { service, hostname }: { service: string; hostname: string },
): CiloError {
  return hostnames.includes(hostname)
    ? new CiloError(
        EngineCode.hostnameNotAdded,
        `${hostname} of ${service} stands in the project, not in this environment`,
        {
          hint: "Take it from the label cilo.hostnames or from hostnames in .cilo/config.yml",
        },
      )
    : new CiloError(EngineCode.hostnameNotAdded, `${service} has no added hostname ${hostname}`);
}
