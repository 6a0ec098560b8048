import { CiloError, delay, isCiloError, mapLimit } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { anonymousVolumes, noteAnonymousVolumes, notedVolumes } from "./anonymous-volumes.ts";
import type { EngineClient } from "./client.ts";
import { containerName, listContainers } from "./containers.ts";
import { disconnectContainer } from "./connect.ts";
import { ComposeLabel, labelFilter, OWN_IMAGE_PREFIX } from "./labels.ts";
import {
  ContainerList,
  ImageList,
  InspectedNetwork,
  type ListedContainer,
  NetworkList,
  VolumeList,
} from "./responses.ts";

/**
 * `everything`: containers by force, networks, volumes (anonymous ones too), images of ours.
 * `keep-data`: containers and networks, the containers stopped first; containers with anonymous volumes are only
 * stopped, and keep their networks.
 */
export type RemovalKind = "everything" | "keep-data";

interface Removal {
  readonly client: EngineClient;
  readonly composeProject: string;
  readonly kind: RemovalKind;
  /** The engine's command-line program, for hints. */
  readonly program: string;
  readonly signal: AbortSignal;
}

/** How long something may stay in use before it is an error. */
const PATIENCE_MS = 30_000;
const PARALLEL = 16;

/**
 * Removes what carries the Compose project's label, until nothing does. Objects that vanish meanwhile or are being
 * removed by somebody else are no failure.
 *
 * @throws CiloError `ENGINE_FAILED` when something stays in use; at once where a container that is not the project's
 * uses it, which will not go by waiting
 */
export async function removeProject(
  client: EngineClient,
  composeProject: string,
  options: Pick<Removal, "kind" | "program" | "signal">,
): Promise<void> {
  const removal: Removal = { client, composeProject, ...options };
  const deadline = performance.now() + PATIENCE_MS;
  for (let pause = 10; ; pause = Math.min(pause * 2, 500)) {
    const found = await findObjects(removal);
    if (isEmpty(found)) return;
    const left = await removeObjects(removal, found);
    if (left.length > 0 && performance.now() > deadline)
      throw new CiloError(EngineCode.engineFailed, `could not remove everything of ${composeProject}: ${left[0]}`);
    if (left.length > 0) await delay(pause, options.signal);
  }
}

interface Objects {
  readonly containers: readonly ListedContainer[];
  /** Name by id. */
  readonly networks: ReadonlyMap<string, string>;
  readonly volumes: readonly string[];
  /** Volumes that only mounts and notes lead to. */
  readonly anonymous: readonly string[];
  /** Tags of ours, and identifiers of images without a tag. */
  readonly images: readonly string[];
}

async function findObjects({ client, composeProject, kind, signal }: Removal): Promise<Objects> {
  const label = `${ComposeLabel.project}=${composeProject}`;
  const query = labelFilter(label);
  const everything = kind === "everything";
  const [containers, networks, volumes, images] = await Promise.all([
    listContainers(client, [label], { signal }),
    client.call("GET", "/networks", { signal, query }),
    everything ? client.call("GET", "/volumes", { signal, query }) : undefined,
    everything ? client.call("GET", "/images/json", { signal, query }) : undefined,
  ]);
  const kept = everything ? [] : containers.filter((container) => anonymousVolumes(container).length > 0);
  const keptNetworks = new Set(kept.flatMap((container) => Object.keys(container.NetworkSettings?.Networks ?? {})));
  const allVolumes = volumes === undefined ? [] : (VolumeList.parse(volumes.body).Volumes ?? []);
  return {
    containers: containers.filter((container) => !kept.includes(container) || isRunning(container)),
    networks: new Map(
      NetworkList.parse(networks.body)
        .filter(({ Name }) => !keptNetworks.has(Name))
        .map(({ Id, Name }) => [Id, Name]),
    ),
    volumes: allVolumes.map(({ Name }) => Name),
    anonymous: everything ? [...containers.flatMap(anonymousVolumes), ...allVolumes.flatMap(notedVolumes)] : [],
    images: images === undefined ? [] : ImageList.parse(images.body).flatMap(imageReferences),
  };
}

function isRunning(container: ListedContainer): boolean {
  return ["running", "restarting", "paused"].includes(container.State);
}

/** Tags that are not ours were given by the user and stay. */
function imageReferences({ Id, RepoTags }: (typeof ImageList)["_zod"]["output"][number]): string[] {
  const tags = (RepoTags ?? []).filter((tag) => tag !== "<none>:<none>");
  return tags.length === 0 ? [Id] : tags.filter((tag) => tag.startsWith(OWN_IMAGE_PREFIX));
}

function isEmpty({ containers, networks, volumes, images }: Objects): boolean {
  return containers.length === 0 && networks.size === 0 && volumes.length === 0 && images.length === 0;
}

/**
 * One round over all of it; the reasons of what could not be removed yet. Networks and volumes are free once the
 * containers are gone; what notes the anonymous volumes goes after them.
 */
async function removeObjects(removal: Removal, found: Objects): Promise<string[]> {
  const { client, composeProject, signal } = removal;
  const each = async <T>(items: readonly T[], remove: (item: T) => Promise<string | undefined>): Promise<string[]> =>
    (await mapLimit(items, { limit: PARALLEL, signal }, remove)).filter((reason) => reason !== undefined);
  if (removal.kind === "everything")
    await noteAnonymousVolumes(client, { composeProject, containers: found.containers }, { signal });
  const leftContainers = await each(found.containers, (container) => removeContainer(removal, container));
  if (leftContainers.length > 0) return leftContainers;
  await each([...new Set(found.anonymous)], (name) => removeAnonymousVolume(removal, name));
  const left = await Promise.all([
    each([...found.networks], ([id, name]) => removeNetwork(removal, id, name)),
    each(found.volumes, (name) => removeUsed(removal, "volume", name)),
    each(found.images, (reference) => removeUsed(removal, "image", reference)),
  ]);
  return left.flat();
}

/** One that somebody else's container mounts too is theirs from now on. */
async function removeAnonymousVolume({ client, signal }: Removal, name: string): Promise<undefined> {
  await client.call("DELETE", `/volumes/${name}`, { signal, expect: [404, 409] });
}

async function removeContainer(removal: Removal, container: ListedContainer): Promise<string | undefined> {
  const path = `/containers/${container.Id}`;
  if (removal.kind === "everything") return await remove(removal, path, { force: "1", v: "1" });
  if (isRunning(container))
    await removal.client.call("POST", `${path}/stop`, { signal: removal.signal, expect: [404], timeoutMs: Infinity });
  return anonymousVolumes(container).length > 0 ? undefined : await remove(removal, path);
}

/** Containers of others in it, such as shared services, are detached. */
async function removeNetwork(removal: Removal, id: string, name: string): Promise<string | undefined> {
  const reason = await remove(removal, `/networks/${id}`);
  if (reason === undefined) return undefined;
  const { client, signal } = removal;
  const inspected = await client.call("GET", `/networks/${id}`, { signal, expect: [404] });
  if (inspected.status === 404) return undefined;
  const attached = Object.keys(InspectedNetwork.parse(inspected.body).Containers ?? {});
  const own = await listContainers(client, [`${ComposeLabel.project}=${removal.composeProject}`], { signal });
  const foreign = attached.filter((containerId) => !own.some(({ Id }) => Id === containerId));
  await mapLimit(foreign, { limit: PARALLEL, signal }, (containerId) =>
    disconnectContainer(client, { containerId, network: id }, { signal }),
  );
  return foreign.length === 0 ? `network ${name}: ${reason}` : await remove(removal, `/networks/${id}`);
}

/** A volume or image. A container of somebody else's that uses it is theirs to remove: it is named, and stays. */
async function removeUsed(removal: Removal, kind: "volume" | "image", name: string): Promise<string | undefined> {
  const reason = await remove(removal, `/${kind}s/${encodeURIComponent(name)}`);
  if (reason === undefined) return undefined;
  const { client, composeProject, program, signal } = removal;
  const query = { all: "1", filters: JSON.stringify({ [kind === "volume" ? "volume" : "ancestor"]: [name] }) };
  const users = ContainerList.parse((await client.call("GET", "/containers/json", { signal, query })).body);
  const others = users.filter(({ Labels }) => Labels[ComposeLabel.project] !== composeProject).map(containerName);
  if (others.length === 0) return reason;
  throw new CiloError(
    EngineCode.engineFailed,
    `the ${kind} ${name} is still used by ${others.join(", ")}, which Cilo did not make`,
    { hint: `Remove what uses it, then destroy again: ${program} rm --force ${others.join(" ")}` },
  );
}

/** `undefined` when it is gone, else why not yet. */
async function remove(
  { client, signal }: Removal,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  try {
    await client.call("DELETE", path, { signal, query, expect: [404] });
    return undefined;
  } catch (error) {
    // In use, being removed by somebody else, or busy for another reason: the next round knows.
    if (isCiloError(error, EngineCode.engineFailed)) return error.message;
    throw error;
  }
}
