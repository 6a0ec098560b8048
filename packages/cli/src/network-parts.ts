import { join } from "node:path";
import { type Home, environmentFolders, type Addresses as AddressesPort, type Names as NamesPort } from "@cilo/engine";
import {
  type Addresses,
  type LoopbackAddresses,
  type Names,
  createAddresses,
  createLoopbackAddresses,
  createNames,
  ensureForwarder,
  readHostRoutes,
  readPodmanNetworks,
} from "@cilo/network";
import { dnsFolder } from "./home-root.ts";
import type { MachineSettings } from "./machine.ts";

/** The addresses and names of a home. */
export interface NetworkParts {
  readonly addresses: Addresses;
  readonly loopback: LoopbackAddresses;
  readonly names: Names;
  /** Has every name server that is in use answer again, whoever started it and however it ended. */
  mend(signal: AbortSignal): Promise<void>;
}

/** Loaded when something is to be published or claimed, or may be: `cilo list` on a new machine needs none of it. */
export function createNetworkParts(request: {
  readonly home: Home;
  readonly machine: MachineSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly onNotice: (text: string) => void;
}): NetworkParts {
  const { home, machine, env, platform, onNotice } = request;
  const addresses = createAddresses({
    blocksDir: join(home.root, "blocks"),
    basePool: machine.baseSubnet,
    hostRoutes: async (signal) =>
      (await Promise.all([readHostRoutes({ env, platform, signal }), readPodmanNetworks()])).flat(),
  }) satisfies AddressesPort;
  const loopback = createLoopbackAddresses({ claimsDir: join(home.root, "loopback") });
  const names = createNames({
    dir: dnsFolder(home.root),
    port: machine.dnsPort,
    suffixes: machine.suffixes,
    env,
    platform,
    onYield: onNotice,
    environments: async () => await environmentFolders(home),
  }) satisfies NamesPort;
  const mend = async (signal: AbortSignal): Promise<void> => {
    await names.ensure({ signal });
    await ensureForwarder(dnsFolder(home.root), { env, platform, signal });
  };
  return { addresses, loopback, names, mend };
}
