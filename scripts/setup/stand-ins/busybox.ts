import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { type Machine, command } from "../machine.ts";

/** An image of nothing but the distribution's static busybox under all its names. Needs no root and no installation. */
export async function importBusybox(machine: Machine, reference: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "cilo-busybox-"));
  try {
    const root = await busyboxRoot(machine, work);
    const archive = join(work, "busybox.tar");
    await command(machine, ["tar", "--create", "--file", archive, "--directory", root, "--owner=0", "--group=0", "."]);
    const changes = ["LABEL cilo.stand-in=busybox", 'CMD ["sh"]', "ENV PATH=/bin"].flatMap((line) => [
      "--change",
      line,
    ]);
    await command(machine, ["docker", "import", ...changes, archive, reference]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function busyboxRoot(machine: Machine, work: string): Promise<string> {
  await command(machine, ["apt-get", "download", "--quiet", "busybox-static"], { cwd: work });
  const archive = (await readdir(work)).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new CiloError("SETUP_FAILED", "apt-get download busybox-static brought no package");
  await command(machine, ["dpkg-deb", "-x", join(work, archive), join(work, "package")]);
  const root = join(work, "root");
  await Promise.all(["bin", "etc", "tmp", "root", "var"].map((name) => mkdir(join(root, name), { recursive: true })));
  await chmod(join(root, "tmp"), 0o1777);
  await placeBusybox(machine, { from: await findBusybox(join(work, "package")), to: join(root, "bin") });
  return root;
}

async function findBusybox(unpacked: string): Promise<string> {
  const files = await readdir(unpacked, { recursive: true });
  const path = files.find((file) => /(^|\/)bin\/busybox$/u.test(file));
  if (path === undefined) throw new CiloError("SETUP_FAILED", "the package busybox-static has no busybox in it");
  return join(unpacked, path);
}

async function placeBusybox(machine: Machine, place: { from: string; to: string }): Promise<void> {
  await copyFile(place.from, join(place.to, "busybox"));
  const { stdout } = await command(machine, [place.from, "--list"]);
  const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  await Promise.all(applets.map((name) => symlink("busybox", join(place.to, name))));
}
