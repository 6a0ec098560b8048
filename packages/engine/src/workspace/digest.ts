import { createHash } from "node:crypto";
import { closeSync, readSync } from "node:fs";
import type { RawPath } from "./raw-path.ts";
import { openConfined } from "./same-content.ts";

/** SHA-256 of a regular file below `root`, or `undefined` where there is none that can be read. */
export function digestOf(root: RawPath, path: RawPath): string | undefined {
  const file = openConfined(root, path);
  if (file === undefined) return undefined;
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer))
      hash.update(buffer.subarray(0, count));
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}
