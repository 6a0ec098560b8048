import { CiloError } from "@cilo/base";
import { AgentCode } from "../errors.ts";

/**
 * Gives each label that has none yet an address of the block: the lowest free one. Those given before stay, also of
 * services that are gone, so that a name never means another service's address.
 * @throws CiloError `ADDRESSES_EXHAUSTED`
 */
export function assignAddresses(
  given: Readonly<Record<string, string>>,
  request: { readonly block: string; readonly labels: readonly string[] },
): Record<string, string> {
  const addresses = { ...given };
  const taken = new Set(Object.values(addresses));
  const free = hostsOf(request.block).filter((address) => !taken.has(address));
  for (const label of request.labels) {
    if (addresses[label] !== undefined) continue;
    const address = free.shift() ?? reclaimed(addresses, request.labels);
    if (address === undefined)
      throw new CiloError(
        AgentCode.addressesExhausted,
        `${request.block} has addresses for ${hostsOf(request.block).length} services, and the project has more`,
        { hint: "Leave services out with profiles, or split the project" },
      );
    addresses[label] = address;
  }
  return addresses;
}

/** The address of a service that the project does not have any more, which it loses. */
function reclaimed(addresses: Record<string, string>, labels: readonly string[]): string | undefined {
  const gone = Object.keys(addresses).find((label) => !labels.includes(label));
  if (gone === undefined) return undefined;
  const address = addresses[gone];
  delete addresses[gone];
  return address;
}

/** Every address of a block but the first and the last, which some systems take for the network's own. */
function hostsOf(block: string): string[] {
  const [base = "", prefix = "32"] = block.split("/");
  const start = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return Array.from({ length: Math.max(0, size - 2) }, (_, index) => dotted(start + index + 1));
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** True when the address is in the range. */
export function isIn(range: string, address: string): boolean {
  const [base = "", prefix = "32"] = range.split("/");
  const size = 2 ** (32 - Number(prefix));
  const number = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return Math.floor(number(base) / size) === Math.floor(number(address) / size);
}
