import { isWireGuardKey } from "./keys.ts";
import type { TunnelPeerStatus } from "./tunnel.ts";

/** What `wg show INTERFACE dump` tells, without the secrets that stand in it. */
export interface WgInterface {
  readonly publicKey: TunnelPeerStatus["publicKey"] | undefined;
  readonly listenPort: number;
  readonly peers: readonly TunnelPeerStatus[];
}

/** One line for the interface, then one for each peer; fields are separated by tabs. */
export function parseWgDump(text: string): WgInterface {
  const [first = "", ...lines] = text.split("\n").filter(Boolean);
  const [, publicKey = "", port] = first.split("\t");
  return {
    publicKey: isWireGuardKey(publicKey) ? publicKey : undefined,
    listenPort: Number(port),
    peers: lines.flatMap(parsePeer),
  };
}

function parsePeer(line: string): TunnelPeerStatus[] {
  const [publicKey = "", , endpoint, allowed = "", handshake, received, sent] = line.split("\t");
  if (!isWireGuardKey(publicKey)) return [];
  return [
    {
      publicKey,
      endpoint: endpoint === "(none)" ? undefined : endpoint,
      allowedIps: allowed === "(none)" ? [] : allowed.split(",").sort(),
      lastHandshake: handshake === "0" ? undefined : new Date(Number(handshake) * 1000),
      receivedBytes: Number(received),
      sentBytes: Number(sent),
    },
  ];
}
