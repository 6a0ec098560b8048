import { Label } from "../../isolation/isolated-spec.ts";
import type { RuntimeInfo } from "../runtime.ts";
import type { EngineClient } from "./client.ts";
import { containerName, listContainers } from "./containers.ts";
import { ComposeLabel, labelFilter, OWN_IMAGE_PATTERNS, OWN_IMAGE_PREFIX } from "./labels.ts";
import { EngineInfo, EngineVersion, ImageList, NetworkList, VolumeList } from "./responses.ts";

type Owned = RuntimeInfo["owned"][number];

/** What the engine is, has, and has of ours. */
export async function survey(
  client: EngineClient,
  options: { readonly signal: AbortSignal },
): Promise<Omit<RuntimeInfo, "composeVersion">> {
  const read = async (path: string, query: Record<string, string> = {}): Promise<unknown> =>
    (await client.call("GET", path, { ...options, query })).body;
  const [version, info, containers, networks, volumes, ...images] = await Promise.all([
    read("/version"),
    read("/info"),
    listContainers(client, [Label.home], options),
    read("/networks"),
    read("/volumes", labelFilter(Label.home)),
    read("/images/json", labelFilter(Label.home)),
    // A call for each pattern: of several, Docker wants one to match and Podman all.
    ...OWN_IMAGE_PATTERNS.map((pattern) => read("/images/json", { filters: JSON.stringify({ reference: [pattern] }) })),
  ]);
  const allNetworks = NetworkList.parse(networks);
  return {
    engineVersion: EngineVersion.parse(version).Version,
    endpoint: client.endpoint.url,
    directAddresses: client.endpoint.kind === "unix" && process.platform === "linux" && onThisKernel(info),
    subnets: allNetworks.flatMap(subnetsOf),
    owned: [
      ...containers.map((container) => owned("container", container.Id, containerName(container), container.Labels)),
      ...allNetworks
        .filter((network) => Label.home in network.Labels)
        .map((network) => owned("network", network.Id, network.Name, network.Labels)),
      ...(VolumeList.parse(volumes).Volumes ?? []).map((volume) =>
        owned("volume", volume.Name, volume.Name, volume.Labels),
      ),
      ...ownedImages(images.flatMap((list) => ImageList.parse(list))),
    ],
  };
}

/** Neither in a user namespace's own network (rootless) nor in a virtual machine. */
function onThisKernel(body: unknown): boolean {
  const info = EngineInfo.parse(body);
  const rootless = info.SecurityOptions?.some((option) => option.includes("rootless")) ?? false;
  return !rootless && !/Docker Desktop/iu.test(info.OperatingSystem ?? "");
}

function subnetsOf(network: (typeof NetworkList)["_zod"]["output"][number]): RuntimeInfo["subnets"][number][] {
  const composeProject = network.Labels[ComposeLabel.project];
  return (network.IPAM?.Config ?? []).flatMap(({ Subnet: cidr }) =>
    cidr === undefined || cidr.includes(":")
      ? []
      : [{ network: network.Name, cidr, ...(composeProject === undefined ? {} : { composeProject }) }],
  );
}

function ownedImages(images: (typeof ImageList)["_zod"]["output"]): Owned[] {
  const byName = new Map<string, Owned>();
  for (const { Id, RepoTags, Labels } of images) {
    const own = (RepoTags ?? []).filter((tag) => tag.startsWith(OWN_IMAGE_PREFIX));
    const names = own.length > 0 || (RepoTags ?? []).length > 0 ? own : [Id];
    for (const name of names) byName.set(name, owned("image", Id, name, { ...homeInName(name), ...Labels }));
  }
  return [...byName.values()];
}

/** Also an image without labels says whose it is. */
function homeInName(name: string): Record<string, string> {
  const home = name.startsWith(OWN_IMAGE_PREFIX) ? name.split("/")[1] : undefined;
  return home === undefined ? {} : { [Label.home]: home };
}

function owned(kind: Owned["kind"], id: string, name: string, labels: Readonly<Record<string, string>>): Owned {
  const home = labels[Label.home];
  const composeProject = labels[ComposeLabel.project];
  return {
    kind,
    id,
    name,
    shared: Label.shared in labels,
    ...(home === undefined ? {} : { home }),
    ...(composeProject === undefined ? {} : { composeProject }),
  };
}
