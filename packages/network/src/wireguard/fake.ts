import { CiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { type WireGuardKey, publicKeyOf } from "./keys.ts";
import { canonicalRanges, refuseTakenAddresses } from "./peer-addresses.ts";
import type { Tunnel, TunnelName, TunnelPeer, TunnelStatus } from "./tunnel.ts";

type Interface = Omit<TunnelStatus, "peers"> & { readonly peers: ReadonlyMap<WireGuardKey, TunnelPeer> };

/** A {@link Tunnel} in memory, which carries nothing. */
export function createFakeTunnel(): Tunnel {
  const interfaces = new Map<TunnelName, Interface>();
  const existing = (name: TunnelName): Interface => {
    const found = interfaces.get(name);
    if (found === undefined) throw new CiloError(NetworkCode.tunnelMissing, `there is no interface ${name}`);
    return found;
  };
  const change = (name: TunnelName, to: Partial<Interface>): void => {
    interfaces.set(name, { ...existing(name), ...to });
  };
  return {
    async up({ name, privateKey, listenPort, addresses }) {
      const before = interfaces.get(name);
      interfaces.set(name, {
        name,
        publicKey: publicKeyOf(privateKey),
        listenPort: listenPort ?? before?.listenPort ?? 40_000 + interfaces.size,
        addresses: [...addresses].sort(),
        routes: before?.routes ?? [],
        peers: before?.peers ?? new Map(),
      });
    },
    async setPeer(name, peer) {
      const { peers } = existing(name);
      refuseTakenAddresses(name, peer, [...peers.values()]);
      const endpoint = peer.endpoint ?? peers.get(peer.publicKey)?.endpoint;
      const full = { ...peer, ...(endpoint === undefined ? {} : { endpoint }) };
      change(name, { peers: new Map([...peers, [peer.publicKey, full]]) });
    },
    async removePeer(name, publicKey) {
      const peers = new Map(interfaces.get(name)?.peers);
      if (peers.delete(publicKey)) change(name, { peers });
    },
    async setRoutes(name, ranges) {
      const routes = canonicalRanges(ranges);
      existing(name);
      for (const other of interfaces.values()) {
        const taken = other.name === name ? undefined : routes.find((range) => other.routes.includes(range));
        if (taken !== undefined)
          throw new CiloError(NetworkCode.routeTaken, `${taken} is led through ${other.name} already`);
      }
      change(name, { routes });
    },
    async status(name) {
      const found = interfaces.get(name);
      if (found === undefined) return undefined;
      const peers = [...found.peers.values()].map(({ publicKey, endpoint, allowedIps }) => {
        const idle = { lastHandshake: undefined, receivedBytes: 0, sentBytes: 0 };
        return { publicKey, endpoint, allowedIps: canonicalRanges(allowedIps), ...idle };
      });
      return { ...found, peers };
    },
    list: async () => [...interfaces.keys()].sort(),
    async down(name) {
      interfaces.delete(name);
    },
  };
}
