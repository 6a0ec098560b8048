import { CiloError } from "@cilo/base";
import { type Machine, command, succeeds } from "../scripts/setup/machine.ts";
import { waitForHost } from "./testbed.ts";
import type { Host } from "./topology.ts";

/** Faults live in a table of their own on the host they were asked for, before every other rule. */
const table = ["inet", "testbed_faults"];
const everywhere = "0.0.0.0/0";

/** Lets no packet pass between the host and the other one, or between it and anybody; both directions. */
export async function cut(machine: Machine, host: Host, other?: Host): Promise<void> {
  await addFault(machine, host, { other, verdict: "drop" });
}

/** Loses this share of the packets that the host gets and sends, at random. */
export async function dropPackets(machine: Machine, host: Host, percent: number): Promise<void> {
  await addFault(machine, host, { verdict: `numgen random mod 100 < ${percent} drop` });
}

/** Takes back every fault of the host: cut links, lost and delayed packets. Harmless where there is none. */
export async function heal(machine: Machine, host: Host): Promise<void> {
  const script = `add table ${table.join(" ")}\ndelete table ${table.join(" ")}\n`;
  await inside(machine, host, ["nft", "-f", "-"], script);
  await succeeds(machine, ["docker", "exec", host.container, "tc", "qdisc", "del", "dev", "eth0", "root"]);
}

/** Holds back each packet that the host sends. */
export async function delayPackets(machine: Machine, host: Host, delayMs: number): Promise<void> {
  const argv = ["tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "delay", `${delayMs}ms`];
  if (await succeeds(machine, ["docker", "exec", host.container, ...argv])) return;
  throw new CiloError("TESTBED_UNSUPPORTED", "this machine's kernel has no netem, which delays packets", {
    hint: "modprobe sch_netem",
  });
}

/** Freezes all processes of the host, as a suspended laptop or a machine that hangs. */
export async function pause(machine: Machine, host: Host): Promise<void> {
  await command(machine, ["docker", "pause", host.container]);
}

export async function resume(machine: Machine, host: Host): Promise<void> {
  await command(machine, ["docker", "unpause", host.container]);
}

/** Ends the host as a power failure does. `restart` brings it back. */
export async function kill(machine: Machine, host: Host): Promise<void> {
  await command(machine, ["docker", "kill", host.container]);
}

/** Reboots the host, or starts it where it was killed, and waits until it answers. Its disks and address stay. */
export async function restart(machine: Machine, host: Host): Promise<void> {
  await command(machine, ["docker", "restart", "--time", "10", host.container]);
  await waitForHost(machine, host);
}

async function addFault(
  machine: Machine,
  host: Host,
  fault: { other?: Host | undefined; verdict: string },
): Promise<void> {
  const address = fault.other?.address ?? everywhere;
  const hook = (name: string, priority: number): string =>
    `add chain ${table.join(" ")} ${name} { type filter hook ${name} priority ${priority}; }`;
  const rule = (chain: string, side: string, device: string): string =>
    `add rule ${table.join(" ")} ${chain} ${device} eth0 ip ${side} ${address} ${fault.verdict}`;
  const lines = [
    `add table ${table.join(" ")}`,
    // Before connection tracking and before any address is translated, so that forwarded packets are lost as well.
    hook("prerouting", -400),
    hook("postrouting", 400),
    rule("prerouting", "saddr", "iifname"),
    rule("postrouting", "daddr", "oifname"),
  ];
  await inside(machine, host, ["nft", "-f", "-"], lines.join("\n"));
}

async function inside(machine: Machine, host: Host, argv: readonly string[], input: string): Promise<void> {
  await command(machine, ["docker", "exec", "--interactive", host.container, ...argv], { input });
}
