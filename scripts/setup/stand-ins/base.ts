import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptMirror } from "../apt-mirror.ts";
import { type Machine, command, rootCommand, succeeds } from "../machine.ts";

/** The one layer below all stand-ins: the distribution's minimal system with the servers' packages in it. */
export const baseImage = "cilo-stand-in/base";

const packages = [
  "ca-certificates",
  "busybox-static",
  "gettext-base",
  "libatomic1",
  "libstdc++6",
  "nginx-light",
  "postgresql",
  "redis-server",
];

/** Documentation, translations, and PostgreSQL's JIT with its 120 MB of LLVM, without which it simply does not compile. */
const leftOut = [
  "/usr/share/doc/*",
  "/usr/share/man/*",
  "/usr/share/locale/*",
  "/usr/lib/*/libLLVM*",
  "/usr/lib/postgresql/*/lib/llvmjit*",
  "/usr/lib/postgresql/*/lib/bitcode/*",
  "/usr/lib/llvm*",
];

/** Small programs that healthchecks call and alpine images have. */
const applets = ["wget", "nc", "ping", "nslookup", "ip", "vi", "ps"];

/** Builds the base unless it is there: half a minute, once. Needs mmdebstrap and, for its chroot, root. */
export async function ensureBaseImage(machine: Machine): Promise<void> {
  if (await succeeds(machine, ["docker", "image", "inspect", baseImage])) return;
  const work = await mkdtemp(join(tmpdir(), "cilo-base-"));
  try {
    const archive = join(work, "base.tar");
    await rootCommand(machine, ["mmdebstrap", ...(await bootstrapArguments(machine, archive))]);
    const label = ["--change", "LABEL cilo.stand-in=base"];
    await command(machine, ["docker", "import", ...label, "--change", "ENV LANG=C.UTF-8", archive, baseImage]);
  } finally {
    await rootCommand(machine, ["rm", "-rf", "--", work]);
    await rm(work, { recursive: true, force: true });
  }
}

async function bootstrapArguments(machine: Machine, archive: string): Promise<string[]> {
  const components = machine.distribution === "ubuntu" ? "main,universe" : "main";
  const links = applets.map((name) => `ln -sf /bin/busybox "$1/usr/local/bin/${name}"`);
  return [
    "--quiet",
    "--variant=minbase",
    `--components=${components}`,
    `--include=${packages.join(",")}`,
    ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...links.map((link) => `--customize-hook=${link}`),
    '--customize-hook=rm -rf "$1"/var/lib/postgresql/* "$1"/var/cache/*',
    machine.codename,
    archive,
    await aptMirror(machine),
  ];
}
