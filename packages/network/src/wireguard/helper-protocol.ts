import { parseAddress, parseCidr } from "../addresses/cidr.ts";
import type { WireGuardKey, WireGuardSecret } from "./keys.ts";
import type { TunnelName } from "./tunnel.ts";

/** The helper's protocol, as `helper/helper.h` defines it: one request of fixed size, one answer. */
const MAGIC = 0x4f4c4943;
const VERSION = 1;
const REQUEST_BYTES = 400;
const ANSWER_BYTES = 40;
const Verb = { create: 1, setPeer: 2, removePeer: 3, address: 4, route: 5, destroy: 6, status: 7, list: 8 } as const;

/** Ranges that one request holds. */
export const MOST_RANGES = 32;

export interface HelperRequest {
  readonly verb: keyof typeof Verb;
  readonly name?: TunnelName;
  readonly listenPort?: number;
  readonly mtu?: number;
  readonly keepalive?: number;
  readonly privateKey?: WireGuardSecret;
  readonly publicKey?: WireGuardKey;
  readonly presharedKey?: WireGuardSecret;
  readonly endpoint?: Endpoint;
  readonly remove?: boolean;
  readonly ranges?: readonly string[];
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `errno` is set when the kernel refused; `isDenied` when the helper did, for whatever reason. */
export interface HelperAnswer {
  readonly isDenied: boolean;
  readonly errno: number | undefined;
  readonly publicKey: string;
  readonly body: Buffer;
}

export function encodeRequest(request: HelperRequest): Buffer {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt16LE(REQUEST_BYTES, 4);
  bytes.writeUInt8(VERSION, 6);
  bytes.writeUInt8(Verb[request.verb], 7);
  bytes.writeUInt16LE(Number(request.name?.slice("cilo".length) ?? 0), 8);
  bytes.writeUInt16LE(request.listenPort ?? 0, 10);
  bytes.writeUInt16LE(request.mtu ?? 0, 12);
  bytes.writeUInt16LE(request.keepalive ?? 0, 14);
  for (const [key, at] of [
    [request.privateKey, 16],
    [request.publicKey, 48],
    [request.presharedKey, 80],
  ] as const)
    Buffer.from(key ?? "", "base64").copy(bytes, at);
  if (request.endpoint !== undefined) writeEndpoint(bytes, request.endpoint);
  bytes.writeUInt16LE(request.remove === true ? 1 : 0, 140);
  bytes.writeUInt16LE(request.ranges?.length ?? 0, 142);
  (request.ranges ?? []).forEach((range, index) => writeRange(bytes, range, 144 + 8 * index));
  return bytes;
}

/** A Linux `sockaddr_in` or `sockaddr_in6` at byte 112. */
function writeEndpoint(bytes: Buffer, { address, port }: Endpoint): void {
  const four = parseAddress(address);
  bytes.writeUInt16LE(four === undefined ? 10 : 2, 112);
  bytes.writeUInt16BE(port, 114);
  if (four !== undefined) bytes.writeUInt32BE(four, 116);
  else ipv6Bytes(address).copy(bytes, 120);
}

/** The 16 bytes of an IPv6 address that Node takes for one. */
function ipv6Bytes(address: string): Buffer {
  const quad = /\d+\.\d+\.\d+\.\d+$/u.exec(address);
  const [a, b, c, d] = (quad?.[0] ?? "").split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  const plain = quad === null ? address : `${address.slice(0, quad.index)}${a}${b}:${c}${d}`;
  const [head = [], tail] = plain.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...zeros, ...(tail ?? [])].map((part) => part.padStart(4, "0")).join(""), "hex");
}

function writeRange(bytes: Buffer, range: string, at: number): void {
  const cidr = parseCidr(range);
  if (cidr === undefined) throw new Error(`not an IPv4 range: ${range}`);
  bytes.writeUInt32BE(cidr.start, at);
  bytes.writeUInt32LE(cidr.prefix, at + 4);
}

/** `undefined` when these bytes are no answer of a helper that we know. */
export function decodeAnswer(bytes: Buffer): HelperAnswer | undefined {
  if (bytes.length < ANSWER_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt8(4) !== VERSION)
    return undefined;
  const code = bytes.readUInt8(5);
  return {
    isDenied: code === 1,
    errno: code === 2 ? bytes.readUInt16LE(6) : undefined,
    publicKey: bytes.subarray(8, 40).toString("base64"),
    body: bytes.subarray(ANSWER_BYTES),
  };
}
