import { poll } from "@cilo/base";
import type { EngineClient } from "./client.ts";
import { listContainers } from "./containers.ts";
import { ComposeLabel, labelFilter } from "./labels.ts";
import { NetworkList, VolumeList } from "./responses.ts";

/** An engine goes on making what a client asked for that is gone; this long after the last new thing nothing more is expected. */
const QUIET_MS = 1500;

/** Waits until nothing of the Compose project comes into being any more. For after a Compose that was cut off. */
export async function untilQuiet(
  client: EngineClient,
  composeProject: string,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  let last: string | undefined;
  let since = performance.now();
  const isQuiet = async (): Promise<boolean> => {
    const now = await objectIds(client, composeProject, options);
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since >= QUIET_MS;
  };
  await poll(isQuiet, { ...options, timeoutMs: 60_000, intervalMs: 20, what: `${composeProject} to come to rest` });
}

async function objectIds(
  client: EngineClient,
  composeProject: string,
  options: { readonly signal: AbortSignal },
): Promise<string> {
  const label = `${ComposeLabel.project}=${composeProject}`;
  const query = labelFilter(label);
  const [containers, networks, volumes] = await Promise.all([
    listContainers(client, [label], options),
    client.call("GET", "/networks", { ...options, query }),
    client.call("GET", "/volumes", { ...options, query }),
  ]);
  const ids = [
    ...containers.map(({ Id }) => Id),
    ...NetworkList.parse(networks.body).map(({ Id }) => Id),
    ...(VolumeList.parse(volumes.body).Volumes ?? []).map(({ Name }) => Name),
  ];
  return ids.sort().join(" ");
}
