import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { composeProjectName } from "../isolation/names.ts";
import { parseLabel } from "../spec/names.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { type Containers, endpointsOf } from "./endpoints.ts";
import type { EnvironmentStatus, HostnameChange, Located } from "./environments.ts";
import { type StoredIsolation, loadIsolation, saveIsolation } from "./isolation-file.ts";
import { nearest } from "./nearest.ts";
import { beginOperation } from "./operation.ts";
import { findReady, saveRecord } from "./records.ts";
import { environmentStatus } from "./status.ts";

/** {@link Environments.changeHostnames} */
export async function changeHostnames(
  deps: EnvironmentsDeps,
  name: string,
  request: { readonly change: HostnameChange; readonly signal: AbortSignal },
): Promise<EnvironmentStatus> {
  const { change, signal } = request;
  const environment = parseLabel(name, "environment");
  await using _ = await beginOperation(deps.home, environment, { signal, onEvent: () => undefined });
  const located = await findReady(deps.home, environment);
  const isolation = await loadIsolation(located.paths.isolated);
  const { service } = "add" in change ? change.add : change.remove;
  if (isolation === undefined || !services(isolation).some((one) => one.name === service))
    throw noService(isolation, { environment, service });
  const changed = "add" in change ? added(located, isolation, change.add) : removed(located, isolation, change.remove);
  // First, since a name that may not be used must change nothing.
  await publish(deps, located, { isolation: changed.isolation, signal });
  await saveRecord(deps.home, changed.located.record);
  await saveIsolation(located.paths.isolated, changed.isolation);
  return await environmentStatus(deps, changed.located, { signal });
}

interface Changed {
  readonly located: Located;
  readonly isolation: StoredIsolation;
}

interface Hostname {
  readonly service: string;
  readonly hostname: string;
}

function added(located: Located, isolation: StoredIsolation, { service, hostname }: Hostname): Changed {
  const owner = services(isolation).find((one) => one.hostnames.includes(hostname));
  if (owner !== undefined && owner.name !== service)
    throw new CiloError(EngineCode.nameTaken, `${hostname} is a name of ${owner.name} already`, {
      hint: `Take it away first: cilo hostnames remove ${located.record.environment} ${owner.name} ${hostname}`,
    });
  if (owner !== undefined) return { located, isolation };
  return withNames(located, isolation, { service, change: (names) => [...names, hostname] });
}

function removed(located: Located, isolation: StoredIsolation, { service, hostname }: Hostname): Changed {
  if (located.record.options.hostnames?.[service]?.includes(hostname) !== true)
    throw new CiloError(EngineCode.hostnameNotAdded, `${hostname} was not given to ${service} by cilo hostnames add`, {
      hint: "A name of the project itself stands in the label cilo.hostnames or in .cilo/config.yml",
    });
  return withNames(located, isolation, { service, change: (names) => names.filter((one) => one !== hostname) });
}

function withNames(
  { record, paths }: Located,
  isolation: StoredIsolation,
  request: { readonly service: string; readonly change: (names: readonly string[]) => string[] },
): Changed {
  const { service, change } = request;
  const given = { ...record.options.hostnames, [service]: change(record.options.hostnames?.[service] ?? []) };
  const changeOne = <T extends { name: string; hostnames: string[] }>(one: T): T =>
    one.name === service ? { ...one, hostnames: change(one.hostnames) } : one;
  return {
    located: { paths, record: { ...record, options: { ...record.options, hostnames: given } } },
    isolation: { ...isolation, services: isolation.services.map(changeOne), shared: isolation.shared.map(changeOne) },
  };
}

/** Publishes the names of what runs; those of a stopped environment are checked, and do not answer. */
async function publish(
  deps: EnvironmentsDeps,
  { record }: Located,
  { isolation, signal }: { readonly isolation: StoredIsolation; readonly signal: AbortSignal },
): Promise<void> {
  const identity = { ...record, home: deps.home.id };
  const runtime = deps.runtimes(record.runtime);
  const projects = [composeProjectName(identity), ...isolation.shared.map((shared) => shared.composeProject)];
  const statuses = await Promise.all(projects.map((composeProject) => runtime.status({ composeProject }, { signal })));
  const containers: Containers = new Map(statuses.flatMap(({ environments }) => [...environments]));
  const endpoints = endpointsOf(isolation, containers);
  await deps.names.publish(identity, endpoints, { signal });
  if (endpoints.every(({ addresses }) => addresses.length === 0)) await deps.names.withdraw(identity, { signal });
}

function services(isolation: StoredIsolation): readonly { name: string; hostnames: string[] }[] {
  return [...isolation.services, ...isolation.shared];
}

function noService(
  isolation: StoredIsolation | undefined,
  at: { readonly environment: string; readonly service: string },
): CiloError {
  const names = isolation === undefined ? [] : services(isolation).map((one) => one.name);
  const meant = nearest(at.service, names);
  return new CiloError(EngineCode.serviceNotFound, `${at.environment} has no service ${at.service}`, {
    hint: meant === undefined ? `It has: ${names.join(", ")}` : `Did you mean ${meant}?`,
  });
}
