import { CiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { formatCidr, overlaps, parseCidr } from "../addresses/cidr.ts";
import type { TunnelName, TunnelPeer, TunnelPeerStatus } from "./tunnel.ts";

/**
 * WireGuard gives an allowed address to the peer that named it last and takes it from the other, silently.
 * @throws CiloError `TUNNEL_ADDRESS_TAKEN` when that would happen
 */
export function refuseTakenAddresses(
  name: TunnelName,
  peer: TunnelPeer,
  others: readonly Pick<TunnelPeerStatus, "publicKey" | "allowedIps">[],
): void {
  for (const other of others) {
    if (other.publicKey === peer.publicKey) continue;
    const taken = peer.allowedIps.find((range) => other.allowedIps.some((theirs) => rangesOverlap(range, theirs)));
    if (taken === undefined) continue;
    throw new CiloError(
      NetworkCode.tunnelAddressTaken,
      `${taken} belongs to another peer (${other.publicKey}) of ${name}`,
      { hint: "Remove that peer first, or give this one another address" },
    );
  }
}

function rangesOverlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a === undefined || b === undefined ? one === other : overlaps(a, b);
}

/** The ranges in one spelling, sorted, each once: `10.224.1.9/27` is `10.224.1.0/27`. */
export function canonicalRanges(ranges: readonly string[]): string[] {
  const canonical = ranges.map((range) => {
    const cidr = parseCidr(range);
    if (cidr === undefined) throw new Error(`not an IPv4 range: ${range}`);
    return formatCidr(cidr);
  });
  return [...new Set(canonical)].sort();
}
