import { mapLimit, poll } from "@cilo/base";
import * as z from "zod";
import { type Machine, command, succeeds } from "../scripts/setup/machine.ts";
import { type Host, type Topology, hostNamed } from "./topology.ts";

const port = 7070;
/** Holds the key that `up` made, for tests: on the server host, for root alone. */
export const adminKeyFile = "/root/cilo-admin-key";
/** Who the server is on each machine: root on the one, an administrator with sudo on the other. */
const administrators: Readonly<Record<string, string>> = { "machine-1": "root", "machine-2": "ops" };

/** Where the API answers, from this machine and from every host. */
export function serverUrlOf(topology: Topology): string {
  return `http://${hostNamed(topology, "server").address}:${port}`;
}

/** Starts cilo-server on its host, where it is kept running, makes an admin key and registers both machines over SSH. */
export async function startServer(machine: Machine, topology: Topology): Promise<void> {
  const server = hostNamed(topology, "server");
  await writeFile(machine, server, {
    path: "/etc/testbed/services/cilo-server",
    mode: "0755",
    content: `#!/bin/sh\nexport CILO_LISTEN=0.0.0.0:${port}\nexec cilo-server\n`,
  });
  const keep = ["/usr/local/lib/testbed/keep", "cilo-server", "/etc/testbed/services/cilo-server"];
  await command(machine, ["docker", "exec", "--detach", server.container, ...keep]);
  await waitForServer(machine, topology);
  const create = ["cilo-server", "admin", "create-key", "--scope", "admin", "--name", "testbed", "--json"];
  const { key } = z.object({ key: z.string() }).parse(JSON.parse(await on(machine, server, create)));
  await writeFile(machine, server, { path: adminKeyFile, mode: "0600", content: `${key}\n` });
  await registerMachines(machine, topology);
}

/** Registers both machines over SSH, and waits until they are ready. */
export async function registerMachines(machine: Machine, topology: Topology): Promise<void> {
  await letServerIn(machine, topology);
  const server = hostNamed(topology, "server");
  const machines = topology.hosts.filter(({ role }) => role === "machine");
  await mapLimit(machines, { limit: machines.length, signal: machine.signal }, async (host, signal) => {
    const user = administrators[host.name] ?? "root";
    const add = ["cilo-server", "machines", "add", "--name", host.name, "--host", host.address, "--ssh-user", user];
    await on({ ...machine, signal }, server, [...add, "--ssh-key", "/root/.ssh/id_ed25519"]);
  });
}

/** Takes both machines from the server, with every environment on them. */
export async function removeMachines(machine: Machine, topology: Topology): Promise<void> {
  const server = hostNamed(topology, "server");
  const { machines } = z
    .object({ machines: z.array(z.object({ name: z.string() })) })
    .parse(JSON.parse(await on(machine, server, ["cilo-server", "machines", "list", "--json"])));
  await mapLimit(machines, { limit: machines.length, signal: machine.signal }, async ({ name }, signal) => {
    await on({ ...machine, signal }, server, ["cilo-server", "machines", "remove", "--force", name]);
  });
}

/** Waits until the server is ready to answer. */
async function waitForServer(machine: Machine, topology: Topology): Promise<void> {
  await poll(
    async () => {
      const signal = AbortSignal.any([machine.signal, AbortSignal.timeout(2000)]);
      return await fetch(`${serverUrlOf(topology)}/v1/health`, { signal }).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { signal: machine.signal, timeoutMs: 60_000, intervalMs: 20, what: "cilo-server to answer" },
  );
}

async function letServerIn(machine: Machine, topology: Topology): Promise<void> {
  const server = hostNamed(topology, "server");
  const key = "/root/.ssh/id_ed25519";
  if (!(await succeeds(machine, ["docker", "exec", server.container, "test", "-e", key])))
    await on(machine, server, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const publicKey = await on(machine, server, ["cat", `${key}.pub`]);
  for (const host of topology.hosts.filter(({ role }) => role === "machine")) {
    const user = administrators[host.name] ?? "root";
    const home = user === "root" ? "/root" : `/home/${user}`;
    await on(machine, host, ["install", "-d", "-m", "0700", "-o", user, "-g", user, `${home}/.ssh`]);
    await writeFile(machine, host, { path: `${home}/.ssh/authorized_keys`, mode: "0600", content: publicKey });
    await on(machine, host, ["chown", `${user}:${user}`, `${home}/.ssh/authorized_keys`]);
  }
}

async function writeFile(
  machine: Machine,
  host: Host,
  file: { path: string; mode: string; content: string },
): Promise<void> {
  const argv = ["install", "-D", "-m", file.mode, "/dev/stdin", file.path];
  await command(machine, ["docker", "exec", "--interactive", host.container, ...argv], { input: file.content });
}

async function on(machine: Machine, host: Host, argv: readonly string[]): Promise<string> {
  return (await command(machine, ["docker", "exec", host.container, ...argv])).stdout;
}
