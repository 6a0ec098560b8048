import { createHash } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll } from "@cilo/base";
import { ensureImages } from "../scripts/setup/images.ts";
import { type Machine, command, succeeds } from "../scripts/setup/machine.ts";
import { hostOptions } from "./containers.ts";

/** What machines can run without a registry. */
const storedImages = ["busybox:latest", "nginx:1-alpine", "node:24-alpine", "postgres:16-alpine", "redis:7-alpine"];

const label = "cilo.testbed.images";

/**
 * A volume with an engine's whole /var/lib/docker in which the {@link storedImages} are loaded. It is made once for the
 * images as they are; machines start on copies of it. Answers its name.
 */
export async function ensureStoredImages(machine: Machine, hostImage: string): Promise<string> {
  await ensureImages(machine, storedImages);
  const ids = await command(machine, ["docker", "image", "inspect", "--format", "{{.Id}}", ...storedImages]);
  const name = `cilo-testbed-images-${createHash("sha256").update(ids.stdout).digest("hex").slice(0, 12)}`;
  if (await succeeds(machine, ["docker", "volume", "inspect", name, completed(name)])) return name;
  console.log("… loading the images into the store that machines start with (once)");
  await removeOlder(machine);
  const work = await mkdtemp(join(tmpdir(), "cilo-testbed-"));
  try {
    await chmod(work, 0o755);
    await command(machine, ["docker", "save", "--output", join(work, "images.tar"), ...storedImages]);
    await loadInto(machine, { volume: name, hostImage, folder: work });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return name;
}

/** Stores of images that are no more, and one that was left half full. */
async function removeOlder(machine: Machine): Promise<void> {
  const { stdout } = await command(machine, ["docker", "volume", "ls", "--quiet", "--filter", `label=${label}`]);
  for (const volume of stdout.split("\n").filter(Boolean)) await succeeds(machine, ["docker", "volume", "rm", volume]);
}

async function loadInto(machine: Machine, store: { volume: string; hostImage: string; folder: string }): Promise<void> {
  const { volume, hostImage, folder } = store;
  const loader = `${volume}-loader`;
  try {
    await command(machine, ["docker", "volume", "create", "--label", label, volume]);
    const mounts = ["--volume", `${volume}:/var/lib/docker`, "--volume", `${folder}:/images:ro`];
    const options = hostOptions({ role: "machine", init: "plain" });
    await command(machine, ["docker", "run", "--detach", "--name", loader, ...options, ...mounts, hostImage]);
    const inside = (...argv: string[]): string[] => ["docker", "exec", loader, ...argv];
    await poll(() => succeeds(machine, inside("docker", "version")), {
      signal: machine.signal,
      timeoutMs: 60_000,
      what: "the engine that loads the images",
    });
    await command(machine, inside("docker", "load", "--quiet", "--input", "/images/images.tar"));
    await command(machine, ["docker", "stop", "--time", "20", loader]);
    await command(machine, ["docker", "volume", "create", "--label", label, completed(volume)]);
  } finally {
    await succeeds(machine, ["docker", "rm", "--force", loader]);
  }
}

/** A volume's label cannot be set later: that this second one is there says that the first one is whole. */
function completed(volume: string): string {
  return `${volume}-complete`;
}

/** Copies all that is in a volume, overlay layers with their marks too. */
export async function copyVolume(
  machine: Machine,
  copy: { from: string; to: string; hostImage: string },
): Promise<void> {
  const mounts = ["--volume", `${copy.from}:/from:ro`, "--volume", `${copy.to}:/to`];
  const options = ["--rm", "--network", "none", "--cap-add", "SYS_ADMIN", "--entrypoint", "cp"];
  await command(machine, ["docker", "run", ...options, ...mounts, copy.hostImage, "-a", "/from/.", "/to"]);
}
