import { mapLimit } from "@cilo/base";
import { Label } from "../../isolation/isolated-spec.ts";
import type { ContainerStatus, RuntimeStatus, StatusFilter } from "../runtime.ts";
import { byServiceAndIndex } from "../container-order.ts";
import type { EngineClient } from "./client.ts";
import { ComposeLabel, labelFilter } from "./labels.ts";
import { ContainerList, InspectedContainer, type ListedContainer } from "./responses.ts";

/** The containers that a filter names, by Compose project: one call, and with `details` one more for each container. */
export async function readStatus(
  client: EngineClient,
  filter: StatusFilter,
  options: { readonly signal: AbortSignal },
): Promise<RuntimeStatus> {
  const listed = await listContainers(client, filterLabels(filter), options);
  const environments = new Map<string, ContainerStatus[]>();
  for (const container of listed) {
    const status = containerStatus(container);
    const project = container.Labels[ComposeLabel.project];
    if (status === undefined || project === undefined) continue;
    environments.set(project, [...(environments.get(project) ?? []), status]);
  }
  for (const statuses of environments.values()) statuses.sort(byServiceAndIndex);
  return { environments: filter.details === true ? await withDetails(client, environments, options) : environments };
}

/** Containers that carry all the labels, in any state. */
export async function listContainers(
  client: EngineClient,
  labels: readonly string[],
  options: { readonly signal: AbortSignal },
): Promise<ListedContainer[]> {
  const query = { all: "1", ...labelFilter(...labels) };
  return ContainerList.parse((await client.call("GET", "/containers/json", { ...options, query })).body);
}

/** The container's name at the engine. */
export function containerName(container: Pick<ListedContainer, "Id" | "Names">): string {
  // With links a container has further names, of the form /other/alias.
  const own = container.Names?.find((name) => name.lastIndexOf("/") <= 0);
  return own?.replace(/^\//u, "") ?? container.Id;
}

function filterLabels(filter: StatusFilter): string[] {
  return [
    ComposeLabel.project + (filter.composeProject === undefined ? "" : `=${filter.composeProject}`),
    ...(filter.home === undefined ? [] : [`${Label.home}=${filter.home}`]),
  ];
}

/** `undefined` for what is no container of a service, e.g. one of `docker compose run`. */
export function containerStatus(container: ListedContainer): ContainerStatus | undefined {
  const service = container.Labels[ComposeLabel.service];
  if (service === undefined || container.Labels[ComposeLabel.oneOff]?.toLowerCase() === "true") return undefined;
  const state = stateOf(container.State);
  const health = healthOf(container);
  const exitCode = exitCodeOf(container.Status);
  const exposed = exposedPorts(container);
  return {
    id: container.Id,
    containerName: containerName(container),
    service,
    index: Number(container.Labels[ComposeLabel.index] ?? 1),
    state,
    addresses: state === "running" || state === "paused" ? addressesOf(container) : {},
    ...(health === undefined ? {} : { health }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(exposed.length === 0 ? {} : { exposed }),
    ...(container.ImageID === undefined ? {} : { imageId: container.ImageID }),
  };
}

/** Docker's words for a container's state, and Podman's. */
function stateOf(state: string): ContainerStatus["state"] {
  switch (state) {
    case "created":
    case "running":
    case "restarting":
    case "paused":
    case "exited":
    case "dead":
    case "removing":
      return state;
    case "configured":
    case "initialized":
      return "created";
    case "stopping":
      return "running";
    case "stopped":
      return "exited";
    default:
      return "dead";
  }
}

function healthOf(container: ListedContainer): ContainerStatus["health"] {
  const word = container.Health?.Status ?? /\((?:health: )?(healthy|unhealthy|starting)\)/u.exec(container.Status)?.[1];
  return word === "healthy" || word === "unhealthy" || word === "starting" ? word : undefined;
}

function exitCodeOf(status: string): number | undefined {
  const code = /^(?:Exited|Restarting) \((\d+)\)/u.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** A published port stands in the list once for each address that it is published on. */
function exposedPorts({ Ports }: ListedContainer): NonNullable<ContainerStatus["exposed"]>[number][] {
  const ports = new Map<string, NonNullable<ContainerStatus["exposed"]>[number]>();
  for (const { PrivatePort: port, Type: protocol } of Ports ?? [])
    if (protocol === "tcp" || protocol === "udp") ports.set(`${port}/${protocol}`, { port, protocol });
  return [...ports.values()].sort((a, b) => a.port - b.port);
}

function addressesOf(container: ListedContainer): Record<string, string> {
  const networks = Object.entries(container.NetworkSettings?.Networks ?? {});
  return Object.fromEntries(
    networks.flatMap(([name, endpoint]) => (endpoint?.IPAddress ? [[name, endpoint.IPAddress]] : [])),
  );
}

async function withDetails(
  client: EngineClient,
  environments: ReadonlyMap<string, readonly ContainerStatus[]>,
  options: { readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, readonly ContainerStatus[]>> {
  const detailed = new Map<string, readonly ContainerStatus[]>();
  for (const [project, statuses] of environments)
    detailed.set(
      project,
      await mapLimit(statuses, { limit: 8, ...options }, (status, signal) => withStart(client, status, { signal })),
    );
  return detailed;
}

async function withStart(
  client: EngineClient,
  status: ContainerStatus,
  options: { readonly signal: AbortSignal },
): Promise<ContainerStatus> {
  const answer = await client.call("GET", `/containers/${status.id}/json`, { ...options, expect: [404] });
  if (answer.status === 404) return status;
  const startedAt = Date.parse(InspectedContainer.parse(answer.body).State.StartedAt ?? "");
  // Year 1 stands for "never".
  return startedAt > 0 ? { ...status, startedAt } : status;
}
