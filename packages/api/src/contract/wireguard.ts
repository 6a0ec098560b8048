import * as z from "zod";
import { Peer } from "./environments.ts";
import { route } from "./route.ts";
import {
  Cidr,
  DisplayName,
  Endpoint,
  EnvironmentId,
  Ipv4,
  MachineId,
  Time,
  WireGuardKey,
  WireGuardKeyInUrl,
} from "./values.ts";

export const ExchangeRequest = z
  .strictObject({
    environmentId: EnvironmentId,
    clientPublicKey: WireGuardKey,
    device: DisplayName,
    usedRoutes: z
      .array(Cidr)
      .max(1000)
      .meta({ description: "Routes the client has; one in the way is refused by name." }),
  })
  .meta({ id: "ExchangeRequest" });
export type ExchangeRequest = z.infer<typeof ExchangeRequest>;

/** Everything a device needs to reach an environment. Asked again it renews lease and credential. */
export const ExchangeAnswer = z
  .object({
    assignedIp: Ipv4,
    presharedKey: WireGuardKey,
    machineWgPublicKey: WireGuardKey,
    wgEndpoint: Endpoint,
    machineIp: Ipv4,
    routes: z.array(Cidr),
    leaseUntil: Time,
    credential: z.string().meta({ description: "For the machine's agent; at most an hour." }),
  })
  .meta({ id: "ExchangeAnswer" });
export type ExchangeAnswer = z.infer<typeof ExchangeAnswer>;

/** A peer with what the machine's interface says of it. */
export const PeerState = Peer.extend({
  lastHandshake: z.nullable(Time),
  rxBytes: z.nullable(z.number()),
  txBytes: z.nullable(z.number()),
}).meta({ id: "PeerState" });

export const TunnelStatus = z
  .object({
    environmentId: EnvironmentId,
    machineId: MachineId,
    isReachable: z.boolean().meta({ description: "Whether the machine answers the server now." }),
    peers: z.array(PeerState),
  })
  .meta({ id: "TunnelStatus" });
export type TunnelStatus = z.infer<typeof TunnelStatus>;

const anyScope = { kind: "key", reach: { admin: "team", developer: "team", ci: "own" } } as const;

export const wireguardRoutes = {
  exchangeKeys: route({
    method: "POST",
    path: "/v1/wireguard/exchange",
    summary: "Register a device with an environment's machine, or renew its lease and credential",
    access: anyScope,
    body: ExchangeRequest,
    status: 200,
    answer: { kind: "json", schema: ExchangeAnswer },
    codes: [
      "ENVIRONMENT_NOT_FOUND",
      "STATE_CONFLICT",
      "ROUTE_IN_USE",
      "DEVICE_KEY_TAKEN",
      "ADDRESSES_EXHAUSTED",
      "MACHINE_UNREACHABLE",
    ],
  }),
  removePeer: route({
    method: "DELETE",
    path: "/v1/wireguard/peers/:key",
    summary: "Take a device off one environment; its others stay",
    access: anyScope,
    params: z.strictObject({ key: WireGuardKeyInUrl }),
    query: z.strictObject({ environmentId: EnvironmentId }),
    status: 204,
    answer: { kind: "nothing" },
    codes: ["ENVIRONMENT_NOT_FOUND", "PEER_NOT_FOUND"],
  }),
  tunnelStatus: route({
    method: "GET",
    path: "/v1/wireguard/status/:id",
    summary: "Read an environment's tunnel and its peers",
    access: anyScope,
    params: z.strictObject({ id: EnvironmentId }),
    status: 200,
    answer: { kind: "json", schema: TunnelStatus },
    codes: ["ENVIRONMENT_NOT_FOUND", "STATE_CONFLICT"],
  }),
} as const;
