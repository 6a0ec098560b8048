import type { WireGuardKey, WireGuardSecret } from "./keys.ts";

/** Name of an interface of ours: `cilo0` to `cilo999`. Nothing else is looked at or touched. */
export type TunnelName = `cilo${number}`;

/** Bytes of a packet that pass every way to a machine, mobile and nested ones included. */
export const TUNNEL_MTU = 1280;
/** Keeps the ways through address translation open. */
export const KEEPALIVE_SECONDS = 25;

export interface TunnelConfig {
  readonly name: TunnelName;
  readonly privateKey: WireGuardSecret;
  /** Absent: any free port. */
  readonly listenPort?: number;
  /** The interface's own, e.g. `10.225.0.7/32`. */
  readonly addresses: readonly string[];
  /** Default {@link TUNNEL_MTU}. */
  readonly mtu?: number;
}

export interface TunnelPeer {
  readonly publicKey: WireGuardKey;
  readonly presharedKey?: WireGuardSecret;
  /** `198.51.100.4:51820` or `[2001:db8::1]:51820`. Absent: the peer calls first, or the address it has now is kept. */
  readonly endpoint?: string;
  /** What is sent to this peer and accepted from it, e.g. `10.224.1.0/27`. All of it: what was there before is replaced. */
  readonly allowedIps: readonly string[];
  /** Seconds; 0 means off. Default {@link KEEPALIVE_SECONDS}. */
  readonly keepalive?: number;
}

export interface TunnelStatus {
  readonly name: TunnelName;
  readonly publicKey: WireGuardKey | undefined;
  readonly listenPort: number;
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly peers: readonly TunnelPeerStatus[];
}

export interface TunnelPeerStatus {
  readonly publicKey: WireGuardKey;
  /** Where it was last heard from, or is expected. */
  readonly endpoint: string | undefined;
  readonly allowedIps: readonly string[];
  /** Absent: it never answered. */
  readonly lastHandshake: Date | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/**
 * WireGuard interfaces of this machine. Every operation may be repeated: it makes things so, whatever was there, and
 * disturbs nothing that is right already. After a crash between any two steps the next `up` makes it whole.
 * State is the kernel's: what `status` says is what is.
 */
export interface Tunnel {
  /**
   * Makes the interface, or makes the one that is there so. Its peers and routes stay as they are.
   * @throws CiloError `TUNNEL_UNAVAILABLE` when this machine has no WireGuard, `TUNNEL_REFUSED` without the right to
   */
  up(config: TunnelConfig, signal: AbortSignal): Promise<void>;
  /**
   * Adds the peer, or makes it so. Of other peers nothing changes.
   * @throws CiloError `TUNNEL_ADDRESS_TAKEN` when another peer has one of the allowed addresses, which WireGuard would
   * take away from it without a word; `TUNNEL_MISSING` when there is no such interface
   */
  setPeer(name: TunnelName, peer: TunnelPeer, signal: AbortSignal): Promise<void>;
  /** No failure when it is gone already. Other peers keep their connections. */
  removePeer(name: TunnelName, publicKey: WireGuardKey, signal: AbortSignal): Promise<void>;
  /**
   * Leads exactly these ranges through the interface.
   * @throws CiloError `ROUTE_TAKEN`, naming the interface, when one of them is another interface's already
   */
  setRoutes(name: TunnelName, ranges: readonly string[], signal: AbortSignal): Promise<void>;
  /** `undefined` when there is no such interface. */
  status(name: TunnelName, signal: AbortSignal): Promise<TunnelStatus | undefined>;
  /** The interfaces of ours that there are, whoever made them. */
  list(signal: AbortSignal): Promise<readonly TunnelName[]>;
  /** Removes the interface with its peers, addresses and routes. No failure when it is gone already. */
  down(name: TunnelName, signal: AbortSignal): Promise<void>;
}

/** True for the name of an interface that is ours. */
export function isTunnelName(text: string): text is TunnelName {
  return /^cilo\d{1,3}$/u.test(text);
}
