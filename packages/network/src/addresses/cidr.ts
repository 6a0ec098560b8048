/** An IPv4 range: `start` is its first address as an unsigned 32-bit number, `prefix` the length of its mask. */
export interface Cidr {
  readonly start: number;
  readonly prefix: number;
}

const CIDR = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/u;

/** The range `10.223.0.0/16` names, or `undefined` when the text is not one. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const match = CIDR.exec(text);
  const address = parseAddress(match?.[1] ?? "");
  const prefix = Number(match?.[2]);
  return address === undefined || !(prefix <= 32) ? undefined : networkOf(address, prefix);
}

/** The IPv4 address as an unsigned number, or `undefined`. Only the plain form with four decimal parts. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.start)}/${cidr.prefix}`;
}

/** The range with this prefix that the address lies in. */
export function networkOf(address: number, prefix: number): Cidr {
  return { start: address - (address % 2 ** (32 - prefix)), prefix };
}

/** Number of addresses in it. */
export function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.start < b.start + sizeOf(b) && b.start < a.start + sizeOf(a);
}

/** True when `inner` lies in `outer` or is it. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.prefix >= outer.prefix && networkOf(inner.start, outer.prefix).start === outer.start;
}
