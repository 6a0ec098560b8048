/**
 * 16 hex digits that tell configurations of ours apart, so that a process can say which one it serves. Every command asks
 * for one, and a hash of `node:crypto` takes 3 ms to load; nothing is decided by it that somebody could gain from.
 */
export function fingerprint(text: string): string {
  return half(text, 0x811c9dc5) + half(text, 0x9e3779b9);
}

/** FNV-1a over UTF-16 units, then the finalizer of MurmurHash3, without which like texts have like hashes. */
function half(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
