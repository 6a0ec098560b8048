import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { CiloError } from "@cilo/base";

/** The checkout that a testbed runs the commands of. */
export const checkout = resolve(import.meta.dirname, "..");

export type Role = "server" | "machine" | "laptop";

export interface Host {
  readonly name: HostName;
  readonly role: Role;
  /** What PID 1 is: both kinds of machine and of laptop occur. */
  readonly init: "systemd" | "plain";
  /** Its address on the testbed's network. */
  readonly address: string;
  /** Its container at the engine. */
  readonly container: string;
}

const hostNames = ["server", "machine-1", "machine-2", "laptop-1", "laptop-2"] as const;
export type HostName = (typeof hostNames)[number];

/** Names and addresses of a checkout's testbed: always the same ones, and others than those of another checkout. */
export interface Topology {
  /** Prefix of everything it has at the engine, and the value of the label {@link testbedLabel}. */
  readonly id: string;
  readonly subnet: string;
  readonly hosts: readonly Host[];
}

export const testbedLabel = "cilo.testbed";

const placed: Readonly<Record<HostName, { role: Role; init: Host["init"]; number: number }>> = {
  server: { role: "server", init: "plain", number: 10 },
  "machine-1": { role: "machine", init: "plain", number: 21 },
  "machine-2": { role: "machine", init: "systemd", number: 22 },
  "laptop-1": { role: "laptop", init: "plain", number: 31 },
  "laptop-2": { role: "laptop", init: "systemd", number: 32 },
};

/** The testbed of the checkout at `path`. */
export function topologyOf(path: string): Topology {
  const hash = createHash("sha256").update(path).digest();
  const id = `cilo-testbed-${hash.toString("hex").slice(0, 6)}`;
  // Away from Cilo's own ranges (10.223 to 10.225), and from those that other software likes.
  const net = `10.231.${hash[3] ?? 0}`;
  const hosts = hostNames.map((name) => {
    const { role, init, number } = placed[name];
    return { name, role, init, address: `${net}.${number}`, container: `${id}-${name}` };
  });
  return { id, subnet: `${net}.0/24`, hosts };
}

/** @throws CiloError `TESTBED_USAGE` when there is no such host. */
export function hostNamed(topology: Topology, name: string): Host {
  const host = topology.hosts.find((one) => one.name === name);
  if (host !== undefined) return host;
  throw new CiloError("TESTBED_USAGE", `the testbed has no host ${name}`, { hint: `hosts: ${hostNames.join(", ")}` });
}
