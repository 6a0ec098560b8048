import { createHash } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptMirror } from "../scripts/setup/apt-mirror.ts";
import { type Machine, command, rootCommand, succeeds } from "../scripts/setup/machine.ts";

const packages = [
  "aardvark-dns",
  "ca-certificates",
  "curl",
  "dbus",
  "dnsmasq-base",
  "docker.io",
  "fish",
  "gcc",
  "iproute2",
  "iptables",
  "iputils-ping",
  "libatomic1",
  "libc6-dev",
  "netavark",
  "nftables",
  "openssh-client",
  "openssh-server",
  "podman",
  "procps",
  "rsync",
  "sudo",
  "systemd-resolved",
  "systemd-sysv",
  "wireguard-go",
  "wireguard-tools",
  "zstd",
];
const leftOut = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];
/** Debian 12 whatever system this is, so that hosts are the same everywhere. */
const release = "bookworm";

/** Name of the bootstrapped image; another one when what is in it changes. */
export const baseImage = `cilo-testbed/base:${createHash("sha256")
  .update([release, ...packages, ...leftOut].join("\n"))
  .digest("hex")
  .slice(0, 12)}`;

/** Bootstraps the image unless it is there: a minute, once. Needs mmdebstrap and, for its chroot, root. */
export async function ensureBaseImage(machine: Machine): Promise<void> {
  if (await succeeds(machine, ["docker", "image", "inspect", baseImage])) return;
  console.log("… building the image of the testbed's hosts (a minute or two, once)");
  const work = await mkdtemp(join(tmpdir(), "cilo-testbed-"));
  try {
    const archive = join(work, "base.tar");
    const options = ["--quiet", "--variant=minbase", "--components=main", `--include=${packages.join(",")}`];
    const excludes = leftOut.map((path) => `--dpkgopt=path-exclude=${path}`);
    const mirror = machine.distribution === "debian" ? await aptMirror(machine) : "http://deb.debian.org/debian";
    await rootCommand(machine, ["mmdebstrap", ...options, ...excludes, release, archive, mirror]);
    await command(machine, ["docker", "import", "--change", "LABEL cilo.testbed.image=base", archive, baseImage]);
  } finally {
    await rootCommand(machine, ["rm", "-rf", "--", work]);
  }
}
