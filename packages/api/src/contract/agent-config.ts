import * as z from "zod";
import { Engine, Cidr, Endpoint, Ipv4, MachineId, Port, WireGuardKey } from "./values.ts";

/** A server as a peer of the machine. It reaches out to the machine, so it needs no endpoint. */
export const ServerPeer = z.strictObject({ publicKey: WireGuardKey, address: Ipv4 });
export type ServerPeer = z.infer<typeof ServerPeer>;

/** The file that the server installs beside the agent: everything it must know before anyone has called it. */
export const AgentConfig = z.strictObject({
  machineId: MachineId,
  /** The machine's own address in the tunnel: where the agent serves. */
  address: Ipv4,
  listenPort: Port,
  /** Where laptops reach it. Told to nobody by the agent; it is here for `cilo doctor` on the machine. */
  endpoint: Endpoint,
  /** Public half of the key that credentials are signed with, as an Ed25519 JWK's `x`. */
  credentialKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/u),
  servers: z.array(ServerPeer).max(64),
  pools: z.strictObject({
    /** Containers, never routed beyond the machine. */
    containers: Cidr,
    /** Service addresses, of the whole server. */
    services: Cidr,
    /** Devices, machines and servers in the tunnel. */
    devices: Cidr,
  }),
  /** Default: what is there. */
  engine: z.optional(Engine),
  /** Limits the machine to SSH and WireGuard from outside. */
  firewall: z.boolean(),
  sshPort: Port,
});
export type AgentConfig = z.infer<typeof AgentConfig>;
