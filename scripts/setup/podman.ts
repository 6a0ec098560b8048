import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { lock } from "@cilo/base";
import { type Machine, command, hasProgram, isThere, succeeds } from "./machine.ts";

/** What Podman needs that the package `podman` only recommends, and what rootless tests need on top. */
const needs = [
  { packages: ["podman"], isHere: () => hasProgram("podman") },
  { packages: ["netavark", "aardvark-dns"], isHere: () => isThere("/usr/lib/podman/netavark") },
  { packages: ["catatonit"], isHere: () => hasProgram("catatonit") },
  { packages: ["runc"], isHere: () => hasProgram("runc") },
  { packages: ["fuse-overlayfs"], isHere: () => hasProgram("fuse-overlayfs") },
  { packages: ["slirp4netns"], isHere: () => hasProgram("slirp4netns") },
  { packages: ["uidmap"], isHere: () => hasProgram("newuidmap") },
] as const;

/** The system packages that tests on Podman lack. */
export async function packagesForPodman(): Promise<string[]> {
  const missing = await Promise.all(needs.map(async ({ packages, isHere }) => ((await isHere()) ? [] : packages)));
  return missing.flat();
}

/** The variables that the tests' own Podman is run with: its settings work on any machine, also inside a container. */
export const podmanEnv: Readonly<Record<string, string>> = {
  CONTAINERS_CONF: resolve(import.meta.dirname, "podman/containers.conf"),
};

/** Brings the images that Docker has to Podman, under the same names. Those that are there already are left alone. */
export async function imagesForPodman(machine: Machine, references: readonly string[]): Promise<void> {
  await using _ = await lock(resolve(".cache/locks/podman-images"), { signal: machine.signal });
  const absent = await absentAtPodman(machine, references);
  if (absent.length === 0) return;
  console.log(`… loading ${absent.join(", ")} into Podman`);
  const work = await mkdtemp(join(tmpdir(), "cilo-images-"));
  try {
    const archive = join(work, "images.tar");
    await command(machine, ["docker", "save", "--output", archive, ...absent]);
    await command(machine, ["podman", "load", "--quiet", "--input", archive], { env: podmanEnv });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function absentAtPodman(machine: Machine, references: readonly string[]): Promise<string[]> {
  const absent: string[] = [];
  for (const reference of references)
    if (!(await succeeds(machine, ["podman", "image", "exists", reference]))) absent.push(reference);
  return absent;
}
