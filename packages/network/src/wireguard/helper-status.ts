import { isWireGuardKey } from "./keys.ts";
import type { TunnelPeerStatus } from "./tunnel.ts";

/** What WireGuard told the helper of one interface. */
export interface HelperStatus {
  readonly listenPort: number;
  readonly peers: readonly TunnelPeerStatus[];
}

/** Lines of wireguard-go, or attributes of the kernel's, which have zero bytes in them. */
export function parseHelperStatus(body: Buffer): HelperStatus {
  return body.includes(0) ? parseAttributes(body) : parseLines(body.toString());
}

/** The cross-platform interface of WireGuard: `key=value` lines, a peer begins at its `public_key`. */
function parseLines(text: string): HelperStatus {
  const lines = text.split("\n").map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const peers: PeerFacts[] = [];
  let listenPort = 0;
  for (const [key, value] of lines) {
    if (key === "listen_port") listenPort = Number(value);
    if (key === "public_key") peers.push({ publicKey: Buffer.from(value, "hex").toString("base64"), allowedIps: [] });
    const peer = peers.at(-1);
    if (peer === undefined) continue;
    if (key === "endpoint") peer.endpoint = value;
    if (key === "allowed_ip") peer.allowedIps.push(value);
    if (key === "last_handshake_time_sec") peer.handshake = Number(value);
    if (key === "rx_bytes") peer.received = Number(value);
    if (key === "tx_bytes") peer.sent = Number(value);
  }
  return { listenPort, peers: peers.flatMap(toStatus) };
}

interface PeerFacts {
  readonly publicKey: string;
  readonly allowedIps: string[];
  endpoint?: string;
  handshake?: number;
  received?: number;
  sent?: number;
}

function toStatus(peer: PeerFacts): TunnelPeerStatus[] {
  if (!isWireGuardKey(peer.publicKey)) return [];
  return [
    {
      publicKey: peer.publicKey,
      endpoint: peer.endpoint,
      allowedIps: peer.allowedIps.sort(),
      lastHandshake: (peer.handshake ?? 0) === 0 ? undefined : new Date((peer.handshake ?? 0) * 1000),
      receivedBytes: peer.received ?? 0,
      sentBytes: peer.sent ?? 0,
    },
  ];
}

/** Numbers of linux/wireguard.h. */
const Device = { listenPort: 6, peers: 8 };
const Peer = { publicKey: 1, endpoint: 4, handshake: 6, received: 7, sent: 8, allowedIps: 9 };
const AllowedIp = { address: 2, length: 3 };

/** Netlink attributes; a peer with many ranges goes on in a second message under the same key. */
function parseAttributes(body: Buffer): HelperStatus {
  const peers = new Map<string, PeerFacts>();
  let listenPort = 0;
  for (const { type, value } of attributes(body)) {
    if (type === Device.listenPort) listenPort = value.readUInt16LE(0);
    if (type === Device.peers) for (const peer of attributes(value)) addPeer(peers, attributes(peer.value));
  }
  return { listenPort, peers: [...peers.values()].flatMap(toStatus) };
}

function addPeer(peers: Map<string, PeerFacts>, parts: readonly Attribute[]): void {
  const publicKey = parts.find(({ type }) => type === Peer.publicKey)?.value.toString("base64") ?? "";
  const peer = peers.get(publicKey) ?? { publicKey, allowedIps: [] };
  peers.set(publicKey, peer);
  for (const { type, value } of parts) {
    if (type === Peer.endpoint) peer.endpoint = endpointText(value);
    if (type === Peer.handshake) peer.handshake = Number(value.readBigUInt64LE(0));
    if (type === Peer.received) peer.received = Number(value.readBigUInt64LE(0));
    if (type === Peer.sent) peer.sent = Number(value.readBigUInt64LE(0));
    if (type === Peer.allowedIps)
      for (const one of attributes(value)) peer.allowedIps.push(rangeText(attributes(one.value)));
  }
}

function endpointText(sockaddr: Buffer): string {
  const port = sockaddr.readUInt16BE(2);
  if (sockaddr.readUInt16LE(0) === 2) return `${[...sockaddr.subarray(4, 8)].join(".")}:${port}`;
  const parts = Array.from({ length: 8 }, (_, index) => sockaddr.readUInt16BE(8 + 2 * index).toString(16));
  return `[${parts.join(":")}]:${port}`;
}

function rangeText(parts: readonly Attribute[]): string {
  const of = (wanted: number): Buffer => parts.find(({ type }) => type === wanted)?.value ?? Buffer.alloc(4);
  return `${[...of(AllowedIp.address)].join(".")}/${of(AllowedIp.length).readUInt8(0)}`;
}

interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}

/** Each has its length, header included, its type with two flags on top, and is padded to four bytes. */
function attributes(body: Buffer): Attribute[] {
  const found: Attribute[] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = body.readUInt16LE(at);
    if (length < 4) break;
    found.push({ type: body.readUInt16LE(at + 2) % 0x4000, value: body.subarray(at + 4, at + length) });
    at += Math.ceil(length / 4) * 4;
  }
  return found;
}
