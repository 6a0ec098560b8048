import { existsSync } from "node:fs";
import { join } from "node:path";
import { CiloError, lock } from "@cilo/base";
import {
  type Tunnel,
  type TunnelPeer,
  createHelperTunnel,
  createWgTools,
  findHelper,
  formatCidr,
  helperMissing,
  isWireGuardKey,
  isWireGuardSecret,
  readHostRoutes,
} from "@cilo/network";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { type Device, loadDevice } from "./device.ts";
import { type CloudRecord, type Connection, listCloudRecords } from "./record.ts";
import type { CloudSession } from "./session.ts";

/**
 * WireGuard as this user may use it: as root with the system's tools, else through the helper.
 * @throws CiloError `TUNNEL_REFUSED` where `sudo cilo init` has installed none
 */
export async function openTunnel({ env, uid }: CiloContext): Promise<Tunnel> {
  if (uid === 0) return createWgTools({ env });
  const ask = await findHelper();
  if (ask === undefined) throw helperMissing("cilo cloud");
  return createHelperTunnel({ ask, env });
}

/** Networks that this machine has a route to, but those through this server's own tunnel: VPNs, containers, the local network. */
export async function usedRoutes(context: CiloContext, session: CloudSession): Promise<string[]> {
  const { env, platform, signal } = context;
  const { tunnel } = await loadDevice(homeRoot(context), session);
  const routes = (await readHostRoutes({ env, platform, signal })).filter(({ device }) => device !== tunnel);
  return [...new Set(routes.map(({ range }) => formatCidr(range)))];
}

/**
 * Makes the server's interface what the connections say: one peer per machine, the routes of the environments that are
 * connected, nothing else; without any the interface goes. Safe to repeat; one at a time per server.
 */
export async function applyTunnel(context: CiloContext, session: CloudSession): Promise<void> {
  const home = homeRoot(context);
  const { signal } = context;
  await using _ = await lock(join(home, "locks", `tunnel-${session.id}`), { signal });
  const device = await loadDevice(home, session);
  const connections = await connectionsOf(home, session);
  if (connections.length === 0 && !existsSync(`/sys/class/net/${device.tunnel}`)) return;
  const tunnel = await openTunnel(context);
  if (connections.length === 0) return await tunnel.down(device.tunnel, signal);
  const addresses = [...new Set(connections.map(({ assignedIp }) => `${assignedIp}/32`))];
  await tunnel.up({ name: device.tunnel, privateKey: device.keys.privateKey, addresses }, signal);
  const peers = peersOf(connections);
  const status = await tunnel.status(device.tunnel, signal);
  for (const { publicKey } of status?.peers ?? [])
    if (!peers.some((peer) => peer.publicKey === publicKey)) await tunnel.removePeer(device.tunnel, publicKey, signal);
  for (const peer of peers) await tunnel.setPeer(device.tunnel, peer, signal);
  await tunnel.setRoutes(device.tunnel, [...new Set(peers.flatMap(({ allowedIps }) => allowedIps))], signal);
}

async function connectionsOf(home: string, session: CloudSession): Promise<Connection[]> {
  const records = (await listCloudRecords(home)).filter(({ server }) => server === session.url);
  return records.flatMap(({ connection }) => (connection === undefined ? [] : [connection]));
}

/** One peer per machine, for all of its environments that are connected. */
function peersOf(connections: readonly Connection[]): TunnelPeer[] {
  const byMachine = Map.groupBy(connections, ({ machineKey }) => machineKey);
  return [...byMachine].map(([publicKey, [first, ...more]]) => {
    if (first === undefined || !isWireGuardKey(publicKey) || !isWireGuardSecret(first.presharedKey))
      throw new CiloError("ANSWER_INVALID", "the server gave no WireGuard key");
    const ranges = [first, ...more].flatMap(({ routes, machineIp }) => [`${machineIp}/32`, ...routes]);
    return {
      publicKey,
      // A key that was given anew is the machine's for all of them.
      presharedKey: first.presharedKey,
      endpoint: first.machineEndpoint,
      allowedIps: [...new Set(ranges)].sort(),
    };
  });
}

/** True when the tunnel to the environment's machine is there as the record says. */
export async function isTunnelUp(context: CiloContext, device: Device, { connection }: CloudRecord): Promise<boolean> {
  if (connection === undefined) return false;
  const status = await (await openTunnel(context)).status(device.tunnel, context.signal);
  const peer = status?.peers.find(({ publicKey }) => publicKey === connection.machineKey);
  return peer !== undefined && connection.routes.every((route) => status?.routes.includes(route));
}
