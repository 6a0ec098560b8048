import { WireGuardKey } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { generateWireGuardKeys } from "@cilo/network";
import type { HostFacts, Provider } from "./provider.ts";

export interface FakeProvider extends Provider {
  /** What was done to which host, in order. */
  readonly calls: string[];
  /** Hosts that do not answer. */
  readonly away: Set<string>;
}

const facts: HostFacts = {
  architecture: "x64",
  distribution: "debian",
  version: "12",
  hasSystemd: true,
  engines: ["docker"],
  memoryMb: 16_384,
  cpus: 8,
  diskFreeMb: 100_000,
  hasKernelWireGuard: true,
};

/** A provider of hosts that are there by name alone. */
export function createFakeProvider(): FakeProvider {
  const calls: string[] = [];
  const away = new Set<string>();
  const installed = new Map<string, { readonly version: string; readonly wgPublicKey: WireGuardKey }>();
  const reach = (host: string, call: string): void => {
    calls.push(`${call} ${host}`);
    if (away.has(host)) throw new CiloError("HOST_UNREACHABLE", `${host} does not answer on its SSH port`);
  };
  return {
    type: "manual",
    calls,
    away,
    register: async ({ host }, { expectedFingerprint }) => {
      reach(host, "register");
      const fingerprint = `SHA256:${Buffer.from(host).toString("base64").replaceAll("=", "").padEnd(43, "A").slice(0, 43)}`;
      if (expectedFingerprint !== undefined && expectedFingerprint !== fingerprint)
        throw new CiloError("HOST_KEY_MISMATCH", `${host} shows the key ${fingerprint}, not ${expectedFingerprint}`);
      return await Promise.resolve({ hostKey: `ssh-ed25519 ${host}`, fingerprint, facts });
    },
    install: async ({ host }, { bundle, onStep }) => {
      reach(host, "install");
      onStep("installing the agent");
      const wgPublicKey = installed.get(host)?.wgPublicKey ?? WireGuardKey.parse(generateWireGuardKeys().publicKey);
      installed.set(host, { version: bundle.version, wgPublicKey });
      return await Promise.resolve({
        wgPublicKey,
        engine: "docker",
        facts,
      });
    },
    inspect: async ({ host }) => {
      reach(host, "inspect");
      const version = installed.get(host)?.version;
      return await Promise.resolve(version === undefined ? undefined : { version, isRunning: true });
    },
    wipe: async ({ host }) => await Promise.resolve(reach(host, "wipe")),
    remove: async ({ host }) => {
      reach(host, "remove");
      installed.delete(host);
      await Promise.resolve();
    },
  };
}
