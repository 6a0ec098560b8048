import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { type EngineClient, refusalText } from "./client.ts";
import { InspectedContainer } from "./responses.ts";

interface ConnectRequest {
  readonly containerId: string;
  /** The network's name at the engine. */
  readonly network: string;
  readonly aliases: readonly string[];
}

/** Attaches a container to a network under these aliases. One that is attached with them already is left alone. */
export async function connectContainer(
  client: EngineClient,
  request: ConnectRequest,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const refusal = await tryConnect(client, request, options);
  if (refusal === undefined) return;
  const aliases = await aliasesOf(client, request, options);
  if (aliases === undefined)
    throw new CiloError(EngineCode.engineFailed, `could not attach a container to ${request.network}: ${refusal}`);
  if (request.aliases.every((alias) => aliases.includes(alias))) return;
  await disconnectContainer(client, request, options);
  const again = await tryConnect(client, request, options);
  if (again !== undefined)
    throw new CiloError(EngineCode.engineFailed, `could not attach a container to ${request.network}: ${again}`);
}

/** Detaches a container from a network; not attached, or no such network, is no failure. */
export async function disconnectContainer(
  client: EngineClient,
  { containerId, network }: Pick<ConnectRequest, "containerId" | "network">,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await client.call("POST", `/networks/${encodeURIComponent(network)}/disconnect`, {
    ...options,
    body: { Container: containerId, Force: true },
    expect: [403, 404, 409, 500],
  });
}

/** `undefined` when it worked, else the engine's reason. Engines answer 403, 409 or 500 when it is attached already. */
async function tryConnect(
  client: EngineClient,
  { containerId, network, aliases }: ConnectRequest,
  options: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const answer = await client.call("POST", `/networks/${encodeURIComponent(network)}/connect`, {
    ...options,
    body: { Container: containerId, EndpointConfig: { Aliases: aliases } },
    expect: [403, 409, 500],
  });
  return answer.status < 400 ? undefined : (refusalText(answer.body) ?? `status ${answer.status}`);
}

async function aliasesOf(
  client: EngineClient,
  { containerId, network }: ConnectRequest,
  options: { readonly signal: AbortSignal },
): Promise<readonly string[] | undefined> {
  const { body } = await client.call("GET", `/containers/${encodeURIComponent(containerId)}/json`, options);
  const endpoint = InspectedContainer.parse(body).NetworkSettings.Networks[network];
  return endpoint ? (endpoint.Aliases ?? []) : undefined;
}
