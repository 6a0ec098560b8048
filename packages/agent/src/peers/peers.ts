import { CiloError, isCiloError } from "@cilo/base";
import {
  type AddPeerRequest,
  type AgentPeer,
  EnvironmentId,
  Ipv4,
  type RemovePeerRequest,
  Time,
  WireGuardKey,
  keyToUrl,
} from "@cilo/api";
import {
  KEEPALIVE_SECONDS,
  NetworkCode,
  type Tunnel,
  type TunnelName,
  type TunnelPeerStatus,
  isWireGuardKey,
  isWireGuardSecret,
} from "@cilo/network";
import * as z from "zod";
import { AgentCode } from "../errors.ts";
import { openRecords } from "../state.ts";

/** What is kept of a peer. A device may be of several environments, each with a lease of its own. */
const PeerRecord = z.object({
  kind: z.enum(["device", "server"]),
  publicKey: WireGuardKey,
  presharedKey: z.optional(WireGuardKey),
  assignedIp: Ipv4,
  /** Environment → until when. */
  leases: z.record(z.string(), Time),
});
type PeerRecord = z.infer<typeof PeerRecord>;

/** The peers of the machine's interface: what the records say, the interface is made to have. */
export interface Peers {
  /** @throws CiloError `STATE_CONFLICT` when another peer has the address */
  add(request: AddPeerRequest, signal: AbortSignal): Promise<void>;
  /** One that is not there is no failure. */
  remove(request: RemovePeerRequest, signal: AbortSignal): Promise<void>;
  /** Takes an environment from every device. */
  removeEnvironment(id: EnvironmentId, signal: AbortSignal): Promise<void>;
  /** The address of a peer that is there. */
  addressOf(publicKey: WireGuardKey): string | undefined;
  /** Addresses of the devices that may use the environment now. */
  devicesOf(id: EnvironmentId): string[];
  isServer(address: string): boolean;
  status(signal: AbortSignal): Promise<AgentPeer[]>;
  count(): number;
  /** Ends leases that are over and mends the interface. @returns addresses that lost something */
  reconcile(signal: AbortSignal): Promise<string[]>;
}

export interface PeersParts {
  readonly folder: string;
  readonly tunnel: Tunnel;
  readonly name: TunnelName;
  readonly servers: readonly { readonly publicKey: WireGuardKey; readonly address: string }[];
  readonly now: () => number;
  readonly onBroken: (name: string, error: Error) => void;
}

export async function openPeers(parts: PeersParts): Promise<Peers> {
  const { tunnel, name, now } = parts;
  const store = openRecords(parts.folder, { schema: PeerRecord, fileOf: (one) => `${one}.json` });
  const records = new Map((await store.readAll(parts.onBroken)).map((record) => [String(record.publicKey), record]));
  for (const { publicKey, address } of parts.servers)
    records.set(publicKey, { kind: "server", publicKey, assignedIp: address, leases: {} });

  const drop = async (record: PeerRecord, signal: AbortSignal): Promise<void> => {
    records.delete(record.publicKey);
    await store.remove(keyToUrl(record.publicKey));
    if (isWireGuardKey(record.publicKey)) await tunnel.removePeer(name, record.publicKey, signal);
  };

  /** What is left of a device decides: without a lease it is no peer any more. */
  const keep = async (record: PeerRecord, signal: AbortSignal): Promise<void> => {
    if (record.kind === "device" && Object.keys(record.leases).length === 0) return await drop(record, signal);
    records.set(record.publicKey, record);
    await store.write(keyToUrl(record.publicKey), record);
  };

  /** Gives the interface the peers it lacks and takes away those that nobody knows; the others are not touched. */
  const mend = async (signal: AbortSignal): Promise<void> => {
    const there = (await tunnel.status(name, signal))?.peers ?? [];
    for (const peer of there) if (!records.has(peer.publicKey)) await tunnel.removePeer(name, peer.publicKey, signal);
    const present = new Map(there.map((peer) => [String(peer.publicKey), peer.allowedIps.join()]));
    for (const record of records.values()) {
      if (present.get(record.publicKey) === `${record.assignedIp}/32`) continue;
      await install(parts, record, signal).catch((error: unknown) => {
        // Killed between two steps of a device's new key: the next call of the server settles it.
        if (!isCiloError(error, NetworkCode.tunnelAddressTaken)) throw error;
      });
    }
  };

  return {
    async add(request, signal) {
      const { publicKey, assignedIp } = request;
      const holder = [...records.values()].find((one) => one.assignedIp === assignedIp && one.publicKey !== publicKey);
      if (holder !== undefined)
        throw new CiloError(AgentCode.stateConflict, `another peer of this machine has the address ${assignedIp}`);
      const record = recordOf(request, records.get(publicKey));
      await store.write(keyToUrl(publicKey), record);
      records.set(publicKey, record);
      await install(parts, record, signal);
    },
    async remove({ publicKey, environmentId }, signal) {
      const record = records.get(publicKey);
      if (record === undefined) return;
      if (environmentId === undefined) await drop(record, signal);
      else
        await keep(
          withoutLeases(record, (id) => id === environmentId),
          signal,
        );
    },
    addressOf: (publicKey) => records.get(publicKey)?.assignedIp,
    async removeEnvironment(environment, signal) {
      for (const record of records
        .values()
        .filter((one) => one.leases[environment] !== undefined)
        .toArray())
        await keep(
          withoutLeases(record, (id) => id === environment),
          signal,
        );
    },
    devicesOf: (id) =>
      [...records.values()].filter((one) => isCurrent(one.leases[id], now())).map((one) => one.assignedIp),
    isServer: (address) => [...records.values()].some((one) => one.kind === "server" && one.assignedIp === address),
    async status(signal) {
      const there = new Map((await tunnel.status(name, signal))?.peers.map((peer) => [String(peer.publicKey), peer]));
      return [...records.values()].map((record) => describe(record, there.get(record.publicKey)));
    },
    count: () => records.size,
    async reconcile(signal) {
      const lost: string[] = [];
      for (const record of records.values().toArray()) {
        const left = withoutLeases(record, (_, until) => !isCurrent(until, now()));
        if (Object.keys(left.leases).length === Object.keys(record.leases).length) continue;
        lost.push(record.assignedIp);
        await keep(left, signal);
      }
      await mend(signal);
      return lost;
    },
  };
}

function recordOf(request: AddPeerRequest, before: PeerRecord | undefined): PeerRecord {
  const { publicKey, assignedIp } = request;
  if (request.kind === "server") return { kind: "server", publicKey, assignedIp, leases: {} };
  const { presharedKey, environmentId, leaseUntil } = request;
  return {
    kind: "device",
    publicKey,
    presharedKey,
    assignedIp,
    leases: { ...before?.leases, [environmentId]: leaseUntil },
  };
}

async function install({ tunnel, name }: PeersParts, record: PeerRecord, signal: AbortSignal): Promise<void> {
  const { publicKey, presharedKey, assignedIp } = record;
  if (!isWireGuardKey(publicKey)) throw new CiloError(AgentCode.requestInvalid, "the zero key is no public key");
  await tunnel.setPeer(
    name,
    {
      publicKey,
      ...(presharedKey !== undefined && isWireGuardSecret(presharedKey) ? { presharedKey } : {}),
      allowedIps: [`${assignedIp}/32`],
      keepalive: KEEPALIVE_SECONDS,
    },
    signal,
  );
}

function withoutLeases(record: PeerRecord, isOver: (id: string, until: string) => boolean): PeerRecord {
  const left = Object.entries(record.leases).filter(([id, until]) => !isOver(id, until));
  return { ...record, leases: Object.fromEntries(left) };
}

function isCurrent(until: string | undefined, nowMs: number): boolean {
  return until !== undefined && Date.parse(until) > nowMs;
}

function describe(record: PeerRecord, peer: TunnelPeerStatus | undefined): AgentPeer {
  const ends = Object.values(record.leases).sort();
  return {
    kind: record.kind,
    publicKey: record.publicKey,
    assignedIp: record.assignedIp,
    environments: Object.keys(record.leases).map((id) => EnvironmentId.parse(id)),
    leaseUntil: ends.at(-1) ?? null,
    lastHandshake: peer?.lastHandshake?.toISOString() ?? null,
    rxBytes: peer?.receivedBytes ?? 0,
    txBytes: peer?.sentBytes ?? 0,
  };
}
