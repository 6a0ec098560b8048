import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";

declare const kind: unique symbol;

/** A public key of WireGuard: 32 bytes in base64, as `wg` prints it. */
export type WireGuardKey = string & { readonly [kind]: "public" };

/** A private or preshared key, in the same form. Never in an argument list, a log or an output. */
export type WireGuardSecret = string & { readonly [kind]: "secret" };

export interface WireGuardKeyPair {
  readonly privateKey: WireGuardSecret;
  readonly publicKey: WireGuardKey;
}

/** 43 digits and the padding; the last digit holds four bits only, so that each key has one spelling. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/u;

/** True for a public key in base64. The zero key, which WireGuard takes for "none", is not one. */
export function isWireGuardKey(text: string): text is WireGuardKey {
  return KEY.test(text) && !/^A+=$/u.test(text);
}

/** True for a private or preshared key in base64. */
export function isWireGuardSecret(text: string): text is WireGuardSecret {
  return KEY.test(text) && !/^A+=$/u.test(text);
}

/** A new key pair. The private key is of this device: it is written to a file of mode 0600 and to nothing else. */
export function generateWireGuardKeys(): WireGuardKeyPair {
  const { privateKey } = generateKeyPairSync("x25519");
  const { d, x } = privateKey.export({ format: "jwk" });
  return { privateKey: secret(fromUrl(d ?? "")), publicKey: key(fromUrl(x ?? "")) };
}

/** A new preshared key, for one device and one machine. */
export function generatePresharedKey(): WireGuardSecret {
  return secret(randomBytes(32).toString("base64"));
}

/** The public key that belongs to a private key. */
export function publicKeyOf(privateKey: WireGuardSecret): WireGuardKey {
  const der = Buffer.concat([PKCS8_X25519, Buffer.from(privateKey, "base64")]);
  const { x } = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({ format: "jwk" });
  return key(fromUrl(x ?? ""));
}

/** The key as it stands in a URL: base64url, without padding. */
export function wireGuardKeyToUrl(publicKey: WireGuardKey): string {
  return publicKey.replaceAll("+", "-").replaceAll("/", "_").slice(0, -1);
}

/** The key that a URL names, or `undefined` when that is none. */
export function wireGuardKeyFromUrl(text: string): WireGuardKey | undefined {
  const base64 = fromUrl(text);
  return /^[\w-]{43}$/u.test(text) && isWireGuardKey(base64) ? base64 : undefined;
}

/** What stands before the 32 bytes of an X25519 key in PKCS #8 (RFC 8410). */
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");

function fromUrl(text: string): string {
  return `${text.replaceAll("-", "+").replaceAll("_", "/")}=`;
}

function key(text: string): WireGuardKey {
  if (!isWireGuardKey(text)) throw new Error("X25519 gave no public key");
  return text;
}

function secret(text: string): WireGuardSecret {
  if (!isWireGuardSecret(text)) throw new Error("X25519 gave no private key");
  return text;
}
