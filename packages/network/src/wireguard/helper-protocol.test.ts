import { expect, test } from "vitest";
import { encodeRequest } from "./helper-protocol.ts";
import { parseHelperStatus } from "./helper-status.ts";
import { generateWireGuardKeys } from "./keys.ts";

test.each([
  ["192.0.2.4", "0200ca6cc0000204"],
  ["2001:db8::1", "0a00ca6c0000000020010db8000000000000000000000001"],
  ["::ffff:192.0.2.4", "0a00ca6c0000000000000000000000000000ffffc0000204"],
  ["::", `0a00ca6c00000000${"0".repeat(32)}`],
  ["1:2:3:4:5:6:7:8", "0a00ca6c0000000000010002000300040005000600070008"],
])("an endpoint is told as Linux has it: %s", (address, hex) => {
  const bytes = encodeRequest({ verb: "setPeer", name: "cilo0", endpoint: { address, port: 51_820 } });
  expect(bytes.subarray(112, 112 + hex.length / 2).toString("hex")).toBe(hex);
  expect(bytes).toHaveLength(400);
});

function attribute(type: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(value.length + 4, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

test("what the kernel tells is read as what wireguard-go tells", () => {
  const { publicKey } = generateWireGuardKeys();
  const key = Buffer.from(publicKey, "base64");
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const allowed = attribute(0x8000, attribute(2, Buffer.of(10, 224, 1, 0)), attribute(3, Buffer.of(27)));
  const peer = attribute(
    0x8000,
    attribute(1, key),
    attribute(4, Buffer.from("0200ca6cc00002040000000000000000", "hex")),
    attribute(6, number(1_700_000_000), number(0)),
    attribute(7, number(5)),
    attribute(8, number(7)),
    attribute(0x8009, allowed),
  );
  const rest = attribute(
    0x8000,
    attribute(1, key),
    attribute(0x8009, attribute(0x8000, attribute(2, Buffer.of(10, 225, 0, 1)), attribute(3, Buffer.of(32)))),
  );
  const kernel = Buffer.concat([attribute(6, Buffer.of(0x6c, 0xca)), attribute(0x8008, peer), attribute(0x8008, rest)]);
  const lines = `listen_port=51820\npublic_key=${key.toString("hex")}\nendpoint=192.0.2.4:51820\nlast_handshake_time_sec=1700000000\nrx_bytes=5\ntx_bytes=7\nallowed_ip=10.224.1.0/27\nallowed_ip=10.225.0.1/32\n`;
  expect(parseHelperStatus(kernel)).toEqual(parseHelperStatus(Buffer.from(lines)));
  expect(parseHelperStatus(kernel).peers).toMatchObject([{ publicKey, endpoint: "192.0.2.4:51820", sentBytes: 7 }]);
});
