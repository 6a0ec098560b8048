import { WireGuardKey as PublicKey } from "@cilo/api";
import { CiloError, isCiloError } from "@cilo/base";
import { type Tunnel, type TunnelName, isWireGuardKey, isWireGuardSecret, publicKeyOf } from "@cilo/network";
import { takeAddress } from "../addresses/allocate.ts";
import type { Parts } from "../parts.ts";
import type { Reconciler } from "./driver.ts";

export interface TunnelOptions {
  readonly serverId: string;
  readonly privateKey: string;
  readonly tunnel?: Tunnel;
  /** Says in `/v1/status` what is wrong, or with undefined that nothing is any more. */
  readonly setTrouble: (subject: string, message: string | undefined) => void;
}

export interface OwnTunnel {
  /** Says that this server is there. */
  register(): Promise<void>;
  readonly reconciler: Reconciler;
  /** Removes the interface. */
  down(): Promise<void>;
}

const GONE_MS = 7 * 24 * 3_600_000;
const CALL_MS = 5000;

/** Interfaces of servers begin here; those of laptops at `cilo0`. */
const FIRST_INTERFACE = 900;

/**
 * Makes this server a peer of every machine: its own interface has each machine as a peer and a route, and each
 * machine is told of servers that it does not know yet, by those that it knows.
 */
export function tunnelReconciler(parts: Parts, options: TunnelOptions): OwnTunnel {
  const told = new Set<string>();
  const register = async (): Promise<string> => await registerServer(parts, options);
  return {
    register: async () => void (await register()),
    down: async () => {
      const { tunnel } = options;
      const signal = AbortSignal.timeout(CALL_MS);
      const name = tunnel === undefined ? undefined : await interfaceOf(tunnel, ownKey(options), signal);
      if (name !== undefined) await tunnel?.down(name, signal);
    },
    reconciler: {
      name: "tunnel",
      everyMs: 20_000,
      runs: "each",
      run: async (signal) => {
        const address = await register();
        if (options.tunnel === undefined) return "this server has no interface of its own";
        try {
          const count = await bringUp({ parts, options, tunnel: options.tunnel, address }, signal);
          await tellOfServers(parts, { ...options, told }, signal);
          options.setTrouble("tunnel", undefined);
          return `${count} machines are peers`;
        } catch (error) {
          if (isCiloError(error)) options.setTrouble("tunnel", [error.message, error.hint].filter(Boolean).join(" — "));
          throw error;
        }
      },
    },
  };
}

/** Says that this server is there, and answers its address in the tunnel. */
async function registerServer(parts: Parts, { serverId, privateKey }: TunnelOptions): Promise<string> {
  const { db, pools } = parts;
  const now = new Date(parts.clock.now());
  if (!isWireGuardSecret(privateKey)) throw new Error("server.json has no WireGuard key");
  const wgPublicKey = PublicKey.parse(publicKeyOf(privateKey));
  return await db.transaction().execute(async (queries) => {
    await queries
      .insertInto("servers")
      .values({ id: serverId, wgPublicKey, lastSeen: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ wgPublicKey, lastSeen: now }))
      .execute();
    return await takeAddress(queries, { pool: pools.devices, owner: serverId, now });
  });
}

interface Own {
  readonly parts: Parts;
  readonly options: TunnelOptions;
  readonly tunnel: Tunnel;
  readonly address: string;
}

async function bringUp({ parts, options, tunnel, address }: Own, signal: AbortSignal): Promise<number> {
  const { privateKey } = options;
  if (!isWireGuardSecret(privateKey)) throw new Error("server.json has no WireGuard key");
  const name = await ownInterface(tunnel, publicKeyOf(privateKey), signal);
  await tunnel.up({ name, privateKey, addresses: [`${address}/32`] }, signal);
  const machines = await parts.db
    .selectFrom("machines")
    .select(["address", "wgPublicKey", "wgEndpoint"])
    .where("wgPublicKey", "is not", null)
    .execute();
  const known = new Map((await tunnel.status(name, signal))?.peers.map((peer) => [String(peer.publicKey), peer]));
  for (const { publicKey } of known.values())
    if (!machines.some((machine) => String(machine.wgPublicKey) === String(publicKey)))
      await tunnel.removePeer(name, publicKey, signal);
  for (const machine of machines) {
    const publicKey = machine.wgPublicKey ?? "";
    // A peer that is right keeps the endpoint it was last heard from.
    if (!isWireGuardKey(publicKey) || known.get(publicKey)?.allowedIps.includes(`${machine.address}/32`) === true)
      continue;
    await tunnel.setPeer(
      name,
      { publicKey, endpoint: machine.wgEndpoint, allowedIps: [`${machine.address}/32`] },
      signal,
    );
  }
  await tunnel.setRoutes(
    name,
    machines.map((machine) => `${machine.address}/32`),
    signal,
  );
  return machines.length;
}

/** The interface that has our key, or the first name that is free. */
async function ownInterface(tunnel: Tunnel, publicKey: string, signal: AbortSignal): Promise<TunnelName> {
  const own = await interfaceOf(tunnel, publicKey, signal);
  if (own !== undefined) return own;
  const names = await tunnel.list(signal);
  for (let number = FIRST_INTERFACE; number < 1000; number += 1)
    if (!names.includes(`cilo${number}`)) return `cilo${number}`;
  throw new CiloError("TUNNEL_UNAVAILABLE", "every interface name from cilo900 to cilo999 is taken");
}

async function interfaceOf(tunnel: Tunnel, publicKey: string, signal: AbortSignal): Promise<TunnelName | undefined> {
  for (const name of await tunnel.list(signal)) {
    if (Number(name.slice("cilo".length)) < FIRST_INTERFACE) continue;
    if ((await keyOf(tunnel, name, signal)) === publicKey) return name;
  }
  return undefined;
}

/** Undefined too when another server removes it just now. */
async function keyOf(tunnel: Tunnel, name: TunnelName, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await tunnel.status(name, signal))?.publicKey;
  } catch (error) {
    if (isCiloError(error, "TUNNEL_MISSING")) return undefined;
    throw error;
  }
}

function ownKey({ privateKey }: TunnelOptions): string {
  if (!isWireGuardSecret(privateKey)) throw new Error("server.json has no WireGuard key");
  return publicKeyOf(privateKey);
}

async function tellOfServers(
  parts: Parts,
  { serverId, told }: TunnelOptions & { told: Set<string> },
  signal: AbortSignal,
): Promise<void> {
  const since = new Date(parts.clock.now() - GONE_MS);
  const servers = await parts.db
    .selectFrom("servers")
    .innerJoin("addresses", "addresses.owner", "servers.id")
    .select(["servers.id", "wgPublicKey", "address"])
    .where("lastSeen", ">", since)
    .where("servers.id", "<>", serverId)
    .execute();
  if (servers.length === 0) return;
  const machines = await parts.db
    .selectFrom("machines")
    .select(["id", "address"])
    .where("status", "in", ["ready", "assigned"])
    .execute();
  for (const machine of machines)
    for (const { id, wgPublicKey, address } of servers) {
      if (wgPublicKey === null || told.has(`${machine.id} ${id}`)) continue;
      const body = { kind: "server", publicKey: wgPublicKey, assignedIp: address.replace(/\/32$/u, "") } as const;
      try {
        await parts.agents
          .of(machine)
          .addPeer({ body, signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]) });
        told.add(`${machine.id} ${id}`);
      } catch (error) {
        // The next run is the retry; that it does not answer is told by its health.
        signal.throwIfAborted();
        if (!isCiloError(error) && !(error instanceof Error && error.name === "TimeoutError")) throw error;
      }
    }
}
