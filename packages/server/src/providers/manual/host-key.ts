import { createHash } from "node:crypto";
import { CiloError, run } from "@cilo/base";
import type { UnpinnedConnection } from "../provider.ts";
import { HostCode, sshFailure } from "./ssh-errors.ts";

/** Kinds of host key, the one to pin first. */
const kinds = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

export interface HostKey {
  /** As in known_hosts, without the host: `ssh-ed25519 AAAA…`. */
  readonly line: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

export interface ScanOptions {
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Another key than this one is refused. */
  readonly expectedFingerprint?: string | undefined;
}

/**
 * The key that the host shows now. Nothing but the protocol's greeting is sent to it.
 * @throws CiloError `HOST_UNREACHABLE`, `HOST_KEY_MISMATCH`
 */
export async function scanHostKey(target: UnpinnedConnection, options: ScanOptions): Promise<HostKey> {
  const { signal, env, expectedFingerprint } = options;
  const argv = ["-T", "10", "-t", "ed25519,ecdsa,rsa", "-p", String(target.port), "--", target.host];
  const { stdout, stderr } = await run("ssh-keyscan", argv, { env, signal, expect: [0, 1] });
  const keys = keysIn(stdout);
  const chosen =
    expectedFingerprint === undefined ? keys[0] : keys.find((key) => key.fingerprint === expectedFingerprint);
  if (chosen !== undefined) return chosen;
  const shown = keys[0];
  if (shown === undefined) throw sshFailure(target, stderr.replaceAll(/^#.*\n?/gmu, ""));
  throw new CiloError(
    HostCode.keyMismatch,
    `${target.host} shows the host key ${shown.fingerprint}, not the one asked for`,
    {
      hint: "On the machine: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    },
  );
}

/** The keys of ssh-keyscan's output, the one to pin first. Exported for its test. */
export function keysIn(output: string): HostKey[] {
  const lines = output.split("\n").flatMap((line) => {
    const match = /^\S+ ([a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line.trim());
    const [, kind = "", blob = ""] = match ?? [];
    return kinds.includes(kind) ? [{ kind, blob }] : [];
  });
  return lines
    .toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .map(({ kind, blob }) => ({ line: `${kind} ${blob}`, fingerprint: fingerprintOf(blob) }));
}

function fingerprintOf(blob: string): string {
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/u, "")}`;
}
