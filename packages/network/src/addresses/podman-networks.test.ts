import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAddresses } from "./addresses.ts";
import { readPodmanNetworks } from "./podman-networks.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "cilo-podman-networks-"));
  onTestFinished(async () => await rm(made, { recursive: true, force: true }));
  return made;
}

const network = { name: "mine", network_interface: "podman3", subnets: [{ subnet: "10.223.0.0/17" }] };

test("an environment stays clear of a Podman network that nothing runs in yet", async () => {
  const networks = await folder();
  await writeFile(join(networks, "mine.json"), JSON.stringify(network));
  const addresses = createAddresses({
    blocksDir: await folder(),
    hostRoutes: async () => await readPodmanNetworks(networks),
  });
  const signal = AbortSignal.timeout(10_000);
  for (const owner of ["p/a", "p/b", "p/c", "p/d", "p/e", "p/f"]) {
    const { subnets } = await addresses.allocate({ owner, needs: [{ key: "default", hosts: 4 }], taken: [], signal });
    expect(Number(subnets["default"]?.split(".")[2])).toBeGreaterThanOrEqual(128);
  }
  expect(await addresses.routeConflicts(signal)).toEqual([]);
});

test("a file that Podman is writing, and a machine without Podman, count as no networks", async () => {
  const networks = await folder();
  await writeFile(join(networks, "half.json"), '{"name": "ha');
  expect(await readPodmanNetworks(networks)).toEqual([]);
  expect(await readPodmanNetworks(join(networks, "nowhere"))).toEqual([]);
});
