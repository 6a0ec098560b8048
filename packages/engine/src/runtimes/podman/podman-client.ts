import { CiloError, delay, isCiloError, mapLimit } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../../errors.ts";
import type { CallOptions, EngineAnswer, EngineClient } from "../engine/client.ts";
import { InspectedNetwork } from "../engine/responses.ts";

/**
 * Podman's own list of containers. Its Docker-compatible one says nothing of health, for which the compatible API
 * would take a call for each container.
 */
export const PodmanContainers = z.array(
  z.object({
    Id: z.string(),
    State: z.string(),
    /** Health; empty without a healthcheck. */
    Status: z.optional(z.nullable(z.string())),
  }),
);
export type PodmanContainer = z.infer<typeof PodmanContainers>[number];

/** Podman's own list, for the same query that lists containers in the compatible API. */
export async function podmanContainers(client: EngineClient, options: CallOptions): Promise<PodmanContainer[]> {
  const query = { all: "true", ...(options.query?.["filters"] ? { filters: options.query["filters"] } : {}) };
  return PodmanContainers.parse((await client.call("GET", "/libpod/containers/json", { ...options, query })).body);
}

const Listed = z.array(
  z.looseObject({
    Id: z.string(),
    State: z.optional(z.string()),
    ImageID: z.optional(z.string()),
    Ports: z.optional(z.nullable(z.array(z.looseObject({})))),
  }),
);

/** The same client, made to answer as Docker where Podman does otherwise. */
export function asDockerAnswers(client: EngineClient): EngineClient {
  return {
    ...client,
    call: async (method, path, options) => {
      if (method === "GET" && path === "/containers/json") return await listWithHealth(client, options);
      if (method === "GET" && path === "/images/json") return await listImages(client, options);
      if (method === "DELETE" && /^\/networks\/[^/]+$/u.test(path)) await refuseInUse(client, path, options);
      return await client.call(method, path, options);
    },
  };
}

/** As often as somebody may remove an image while Podman lists them: it then fails over the one that is gone. */
const LIST_TRIES = 20;

async function listImages(client: EngineClient, options: CallOptions): Promise<EngineAnswer> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await client.call("GET", "/images/json", options);
    } catch (error) {
      const isGone = isCiloError(error, EngineCode.engineFailed) && /image not known/u.test(error.message);
      if (!isGone || tried === LIST_TRIES) throw error;
      await delay(50, options.signal);
    }
  }
}

/** Podman removes a network from under running containers, which then still believe to be in it. */
async function refuseInUse(client: EngineClient, path: string, { signal }: CallOptions): Promise<void> {
  const inspected = await client.call("GET", path, { signal, expect: [404] });
  if (inspected.status === 404) return;
  const attached = Object.keys(InspectedNetwork.parse(inspected.body).Containers ?? {});
  if (attached.length > 0) throw new CiloError(EngineCode.engineFailed, "the engine refused (403): it has containers");
}

/** With health and, as Docker tells them of a running container, with the ports that its image exposes. */
async function listWithHealth(client: EngineClient, options: CallOptions): Promise<EngineAnswer> {
  const [answer, own] = await Promise.all([
    client.call("GET", "/containers/json", options),
    podmanContainers(client, options),
  ]);
  const health = new Map(own.map(({ Id, State, Status }) => [Id, State === "running" ? Status : undefined]));
  const listed = Listed.parse(answer.body);
  const exposed = await exposedByImage(client, listed, options);
  const body = listed.map((container) => {
    const status = health.get(container.Id);
    const Ports = [...(container.Ports ?? []), ...(exposed.get(container.ImageID ?? "") ?? [])];
    return { ...container, Ports, ...(status ? { Health: { Status: status } } : {}) };
  });
  return { ...answer, body };
}

const Image = z.object({
  Config: z.optional(z.nullable(z.object({ ExposedPorts: z.optional(z.nullable(z.record(z.string(), z.unknown()))) }))),
});

async function exposedByImage(
  client: EngineClient,
  containers: z.infer<typeof Listed>,
  { signal }: CallOptions,
): Promise<ReadonlyMap<string, readonly { PrivatePort: number; Type: string }[]>> {
  const running = containers.filter(({ State }) => State === "running");
  const ids = [...new Set(running.flatMap(({ ImageID }) => ImageID ?? []))];
  const found = await mapLimit(ids, { limit: 8, signal }, async (id) => {
    const { status, body } = await client.call("GET", `/images/${id.replace("sha256:", "")}/json`, {
      signal,
      expect: [404],
    });
    const ports = status === 404 ? {} : (Image.parse(body).Config?.ExposedPorts ?? {});
    return [
      id,
      Object.keys(ports).map((port) => ({
        PrivatePort: Number(port.split("/")[0]),
        Type: port.split("/")[1] ?? "tcp",
      })),
    ] as const;
  });
  return new Map(found);
}
