import { closeSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { RawPath } from "./raw-path.ts";
import { openConfined } from "./file-content.ts";

/**
 * A fingerprint of a file's content, 8 hex digits (CRC-32). Together with the size it tells a file that was only
 * touched from one that was edited. It is no proof against somebody who wants to deceive; all they would gain is that
 * their own edit is overlooked.
 */
export type Digest = string;

/** Of a regular file below `root`, or `undefined` where there is none that can be read. */
export function digestOf(root: RawPath, path: RawPath): Digest | undefined {
  const file = openConfined(root, path);
  if (file === undefined) return undefined;
  try {
    let checksum = 0;
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      checksum = crc32(buffer.subarray(0, count), checksum);
    }
    return asDigest(checksum);
  } finally {
    closeSync(file);
  }
}

/** Of bytes. */
export function digestOfBytes(content: Uint8Array): Digest {
  return asDigest(crc32(content));
}

/** Of a CRC-32 that was computed elsewhere. */
export function asDigest(checksum: number): Digest {
  return checksum.toString(16).padStart(8, "0");
}
