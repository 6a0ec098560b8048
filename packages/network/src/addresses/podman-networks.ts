import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, readFileIfThere } from "@cilo/base";
import * as z from "zod/mini";
import { parseCidr } from "./cidr.ts";
import type { HostRoute } from "./routes.ts";

/** Where rootful Podman keeps its networks, one JSON file each. */
const FOLDER = "/etc/containers/networks";

const PodmanNetwork = z.object({
  network_interface: z.optional(z.string()),
  subnets: z.optional(z.array(z.object({ subnet: z.string() }))),
});

/**
 * The networks that this machine has a route to as soon as Podman runs a container in them, and none before: Podman
 * makes a network's bridge with its first container. Docker's bridges are among the routes from the start.
 */
export async function readPodmanNetworks(folder: string = FOLDER): Promise<HostRoute[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "EACCES", "ENOTDIR")) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json"));
  const networks = await Promise.all(files.map(async (name) => routesOf(await readFileIfThere(join(folder, name)))));
  return networks.flat();
}

/** None of a file that is gone by now, half written, or not what it should be. */
function routesOf(text: string | undefined): HostRoute[] {
  const network = PodmanNetwork.safeParse(json(text ?? ""));
  if (!network.success) return [];
  const { network_interface: device, subnets = [] } = network.data;
  return subnets.flatMap(({ subnet }) => {
    const range = parseCidr(subnet);
    return range === undefined ? [] : [{ range, ...(device === undefined ? {} : { device }) }];
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
