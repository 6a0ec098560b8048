import { CiloError } from "@cilo/base";
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

const Listed = z.array(z.looseObject({ Id: z.string() }));

/** The same client, made to answer as Docker where Podman does otherwise. */
export function asDockerAnswers(client: EngineClient): EngineClient {
  return {
    ...client,
    call: async (method, path, options) => {
      if (method === "GET" && path === "/containers/json") return await listWithHealth(client, options);
      if (method === "DELETE" && /^\/networks\/[^/]+$/u.test(path)) await refuseInUse(client, path, options);
      return await client.call(method, path, options);
    },
  };
}

/** Podman removes a network from under running containers, which then still believe to be in it. */
async function refuseInUse(client: EngineClient, path: string, { signal }: CallOptions): Promise<void> {
  const inspected = await client.call("GET", path, { signal, expect: [404] });
  if (inspected.status === 404) return;
  const attached = Object.keys(InspectedNetwork.parse(inspected.body).Containers ?? {});
  if (attached.length > 0) throw new CiloError(EngineCode.engineFailed, "the engine refused (403): it has containers");
}

async function listWithHealth(client: EngineClient, options: CallOptions): Promise<EngineAnswer> {
  const [answer, own] = await Promise.all([
    client.call("GET", "/containers/json", options),
    podmanContainers(client, options),
  ]);
  const health = new Map(own.map(({ Id, State, Status }) => [Id, State === "running" ? Status : undefined]));
  const body = Listed.parse(answer.body).map((container) => {
    const status = health.get(container.Id);
    return status ? { ...container, Health: { Status: status } } : container;
  });
  return { ...answer, body };
}
