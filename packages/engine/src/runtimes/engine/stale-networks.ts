import { mapLimit } from "@cilo/base";
import type { ComposeDocument } from "../../isolation/isolated-spec.ts";
import type { Network, Service } from "../../spec/spec.ts";
import type { EngineClient } from "./client.ts";
import { disconnectContainer } from "./connect.ts";
import { ComposeLabel, labelFilter } from "./labels.ts";
import { InspectedNetwork, type ListedContainer, NetworkList } from "./responses.ts";

interface Wanted {
  readonly composeProject: string;
  /** All of the project's. */
  readonly containers: readonly ListedContainer[];
  readonly document: ComposeDocument;
}

/**
 * Removes the project's networks that are not as the document has them, and answers whether containers must be
 * recreated to be in the networks they belong in. Compose before 2.30 leaves a network with another subnet as it is, and
 * a container that lost a network without it. Called again after a crash it finds what is left to do.
 */
export async function removeStaleNetworks(
  client: EngineClient,
  wanted: Wanted,
  options: { readonly signal: AbortSignal },
): Promise<boolean> {
  const label = `${ComposeLabel.project}=${wanted.composeProject}`;
  const { containers } = wanted;
  const { body } = await client.call("GET", "/networks", { ...options, query: labelFilter(label) });
  const stale = NetworkList.parse(body).filter((network) => isStale(network, wanted));
  for (const network of stale) await removeNetwork(client, { network, containers }, options);
  return stale.length > 0 || containers.some((container) => lacksNetwork(container, wanted));
}

type ListedNetwork = (typeof NetworkList)["_zod"]["output"][number];

function isStale(network: ListedNetwork, wanted: Wanted): boolean {
  const found = Object.entries(wanted.document.networks ?? {}).find(
    ([key, candidate]) => engineName(key, candidate, wanted) === network.Name,
  );
  const definition = found?.[1];
  if (definition === undefined || definition === null || definition.external === true) return false;
  const has = (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  const wants = (definition.ipam?.config ?? []).flatMap(({ subnet }) => subnet ?? []);
  const moved = wants.some((subnet) => !subnet.includes(":") && !has.includes(subnet));
  return moved || (definition.internal === true) !== (network.Internal === true);
}

function engineName(key: string, network: Network | null | undefined, { composeProject }: Wanted): string {
  return network?.name ?? `${composeProject}_${key}`;
}

async function removeNetwork(
  client: EngineClient,
  { network, containers }: { readonly network: ListedNetwork; readonly containers: readonly ListedContainer[] },
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const inspected = await client.call("GET", `/networks/${network.Id}`, { ...options, expect: [404] });
  // The engine lists those that run, of others too; those of the project may be stopped.
  const attached = inspected.status === 404 ? {} : (InspectedNetwork.parse(inspected.body).Containers ?? {});
  const own = containers.filter((container) => network.Name in (container.NetworkSettings?.Networks ?? {}));
  const ids = new Set([...Object.keys(attached), ...own.map(({ Id }) => Id)]);
  await mapLimit([...ids], { limit: 8, ...options }, (containerId, signal) =>
    disconnectContainer(client, { containerId, network: network.Id }, { signal }),
  );
  await client.call("DELETE", `/networks/${network.Id}`, { ...options, expect: [404] });
}

function lacksNetwork(container: ListedContainer, wanted: Wanted): boolean {
  const service = wanted.document.services[container.Labels[ComposeLabel.service] ?? ""];
  if (service === undefined || service.network_mode !== undefined) return false;
  const has = container.NetworkSettings?.Networks ?? {};
  return networkKeys(service).some((key) => !(engineName(key, wanted.document.networks?.[key], wanted) in has));
}

function networkKeys(service: Service): string[] {
  return Object.keys(service.networks ?? { default: null });
}
