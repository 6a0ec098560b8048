import * as z from "zod";

/** Values that several parts of the contract use. Identifiers are branded: one kind cannot pass for another. */

const SUFFIX = "[0-9a-z]{20}";

function identifier(prefix: string, what: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_${SUFFIX}$`, "u"), `expected ${what}, as ${prefix}_…`)
    .meta({ description: `Identifier of ${what}.`, example: `${prefix}_0123456789abcdefghij` });
}

export const TeamId = identifier("team", "a team").brand<"TeamId">();
export type TeamId = z.infer<typeof TeamId>;

export const KeyId = identifier("key", "an API key").brand<"KeyId">();
export type KeyId = z.infer<typeof KeyId>;

export const EnvironmentId = identifier("env", "an environment").brand<"EnvironmentId">();
export type EnvironmentId = z.infer<typeof EnvironmentId>;

export const MachineId = identifier("mach", "a machine").brand<"MachineId">();
export type MachineId = z.infer<typeof MachineId>;

/** One run of `up`, `down` or `destroy` on a machine. Asking again with the same one joins the run, or reads its result. */
export const OperationId = identifier("op", "an operation").brand<"OperationId">();
export type OperationId = z.infer<typeof OperationId>;

export const UsageRecordId = identifier("use", "a usage record").brand<"UsageRecordId">();
export type UsageRecordId = z.infer<typeof UsageRecordId>;

/** A DNS label: what an environment, a project and a service are called. */
export const Label = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, "expected lower-case letters, digits and hyphens, at most 63")
  .meta({ description: "A DNS label.", example: "agent-1" });

/** What a person, a key, a device or a machine is called: one printable line. */
export const DisplayName = z
  .string()
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@+-]{0,62}[\p{L}\p{N}])?$/u,
    "expected letters, digits, spaces and . _ @ + -, at most 64",
  )
  .meta({ description: "A name on one line.", example: "Ada" });

export const Ipv4 = z.ipv4().meta({ description: "An IPv4 address.", example: "10.224.0.2" });
export const Cidr = z.cidrv4().meta({ description: "An IPv4 range.", example: "10.224.0.0/27" });
export const Time = z.iso.datetime().meta({ description: "A moment in UTC.", example: "2026-11-24T12:00:00.000Z" });
export const Port = z.int().min(1).max(65_535);

/** A public or preshared key of WireGuard: 32 bytes in base64. In a URL it stands as base64url without padding. */
export const WireGuardKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw480]=$/u, "expected a WireGuard key: 32 bytes in base64")
  .brand<"WireGuardKey">()
  .meta({ description: "A WireGuard key: 32 bytes in base64.", example: `${"A".repeat(43)}=` });
export type WireGuardKey = z.infer<typeof WireGuardKey>;

/** A {@link WireGuardKey} as it stands in a URL. */
export const WireGuardKeyInUrl = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw480]$/u, "expected a WireGuard key in base64url")
  .meta({ description: "A WireGuard public key: 32 bytes in base64url.", example: "A".repeat(43) });

/** The key as it stands in a URL. */
export function keyToUrl(key: WireGuardKey): string {
  return key.replaceAll("+", "-").replaceAll("/", "_").replace(/=$/u, "");
}

/** The key that stands in a URL. Takes what {@link WireGuardKeyInUrl} lets through. */
export function keyFromUrl(text: string): WireGuardKey {
  return WireGuardKey.parse(`${text.replaceAll("-", "+").replaceAll("_", "/")}=`);
}

export const Endpoint = z
  .string()
  .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9a-fA-F:]{2,45}\]):\d{1,5}$/u, "expected HOST:PORT")
  .meta({ description: "Host and UDP port of a WireGuard endpoint.", example: "203.0.113.7:51820" });

export const Format = z.enum(["compose", "devcontainer", "procfile"]);
export type Format = z.infer<typeof Format>;

export const Engine = z.enum(["docker", "podman"]);
export type Engine = z.infer<typeof Engine>;
