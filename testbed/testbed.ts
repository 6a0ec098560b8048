import { mapLimit, poll } from "@cilo/base";
import { type Machine, command, succeeds } from "../scripts/setup/machine.ts";
import { hostOptions } from "./containers.ts";
import { ensureHostImage } from "./host-image.ts";
import { copyVolume, ensureStoredImages } from "./stored-images.ts";
import { type Host, type Topology, checkout, testbedLabel } from "./topology.ts";

/** Images and the engine's store, which are kept between runs: what a first `up` spends its time on. */
export interface Prepared {
  readonly hostImage: string;
  readonly storedImages: string;
}

/** Makes what testbeds are started from, where it is not there. */
export async function prepareTestbed(machine: Machine): Promise<Prepared> {
  const hostImage = await ensureHostImage(machine);
  return { hostImage, storedImages: await ensureStoredImages(machine, hostImage) };
}

/** Starts all hosts and waits until each one's sshd, and each machine's engine, answers. */
export async function startHosts(machine: Machine, topology: Topology, prepared: Prepared): Promise<void> {
  const { id, subnet, hosts } = topology;
  const labels = ["--label", `${testbedLabel}=${id}`];
  await command(machine, ["docker", "network", "create", ...labels, "--subnet", subnet, id]);
  await mapLimit(hosts, { limit: hosts.length, signal: machine.signal }, async (host, signal) => {
    await startHost({ ...machine, signal }, { topology, host, prepared });
    await waitForHost({ ...machine, signal }, host);
  });
}

async function startHost(
  machine: Machine,
  { topology, host, prepared }: { topology: Topology; host: Host; prepared: Prepared },
): Promise<void> {
  const { id, hosts } = topology;
  const labels = ["--label", `${testbedLabel}=${id}`];
  const volumes: string[] = [];
  if (host.role === "machine") {
    for (const engine of ["docker", "containers"]) {
      const volume = `${host.container}-${engine}`;
      await command(machine, ["docker", "volume", "create", ...labels, volume]);
      volumes.push("--volume", `${volume}:/var/lib/${engine}`);
    }
    const { hostImage, storedImages } = prepared;
    await copyVolume(machine, { from: storedImages, to: `${host.container}-docker`, hostImage });
  }
  await command(machine, [
    "docker",
    "run",
    "--detach",
    "--name",
    host.container,
    "--hostname",
    host.name,
    ...labels,
    "--network",
    id,
    "--ip",
    host.address,
    ...hosts.flatMap(({ name, address }) => ["--add-host", `${name}:${address}`]),
    "--volume",
    `${checkout}:/opt/checkout:ro`,
    ...volumes,
    ...hostOptions(host),
    prepared.hostImage,
  ]);
}

/** Waits until the host's sshd, and a machine's engine, answers. */
export async function waitForHost(machine: Machine, host: Host): Promise<void> {
  const probes = [["sh", "-c", "ssh-keyscan -T 2 localhost 2>/dev/null | grep -q ."]];
  if (host.role === "machine") probes.push(["docker", "version"]);
  for (const probe of probes)
    await poll(() => succeeds(machine, ["docker", "exec", host.container, ...probe]), {
      signal: machine.signal,
      timeoutMs: 60_000,
      intervalMs: 20,
      what: `${host.name} to answer (${probe.at(-1) === "version" ? "its engine" : "its sshd"})`,
    });
}

/** Removes every container, volume and network of the testbed, started whole or in part. */
export async function removeTestbed(machine: Machine, topology: Topology): Promise<void> {
  const filter = ["--filter", `label=${testbedLabel}=${topology.id}`];
  const listed = async (...argv: string[]): Promise<string[]> =>
    (await command(machine, ["docker", ...argv, ...filter])).stdout.split("\n").filter(Boolean);
  const containers = await listed("ps", "--all", "--quiet");
  if (containers.length > 0) await command(machine, ["docker", "rm", "--force", "--volumes", ...containers]);
  const volumes = await listed("volume", "ls", "--quiet");
  if (volumes.length > 0) await command(machine, ["docker", "volume", "rm", "--force", ...volumes]);
  for (const network of await listed("network", "ls", "--quiet"))
    await command(machine, ["docker", "network", "rm", network]);
}
