import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { aptMirror } from "./apt-mirror.ts";
import { type Machine, command, rootCommand, succeeds, typedAsRoot } from "./machine.ts";
import type { Step } from "./step.ts";
import { availablePackages } from "./system-packages.ts";

const pluginFolder = "/usr/local/lib/docker/cli-plugins";

/** Compose v2 as a plugin of `docker`, as a step; none when it is there. */
export async function composePlugin(machine: Machine): Promise<Step[]> {
  if (await succeeds(machine, ["docker", "compose", "version"])) return [];
  if (machine.distribution === "debian" && machine.codename === "bookworm") return [fromTrixie(machine)];
  return [fromTheDistribution(machine)];
}

/** Ubuntu: docker-compose-v2; Debian 13 and later: docker-compose, which is v2 there. */
function fromTheDistribution(machine: Machine): Step {
  return {
    what: "install the Docker Compose plugin with apt-get (docker-compose-v2 or docker-compose, docker-buildx)",
    undo: typedAsRoot(machine, "apt-get remove docker-compose-v2 docker-compose docker-buildx"),
    apply: async () => {
      const packages = await availablePackages(machine, ["docker-compose-v2", "docker-compose", "docker-buildx"]);
      // Where both exist, docker-compose is the old Python program.
      const chosen = packages.filter((name) => name !== "docker-compose" || !packages.includes("docker-compose-v2"));
      if (chosen.length === 0) throw noPlugin();
      await rootCommand(machine, ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", ...chosen]);
    },
  };
}

/**
 * Debian 12 has no Compose v2. Debian 13's is one statically linked program that runs there, so that file alone is
 * taken from its archive, through a sources list and package lists of our own: the system's apt never hears of trixie.
 * It builds images itself, through the BuildKit in the engine; the buildx plugin is not needed for it.
 */
function fromTrixie(machine: Machine): Step {
  return {
    what: `put the Docker Compose plugin of Debian 13 (docker-compose 2.26, one file) into ${pluginFolder}`,
    undo: typedAsRoot(machine, `rm ${pluginFolder}/docker-compose`),
    apply: async () => {
      const folder = await mkdtemp(join(tmpdir(), "cilo-compose-"));
      try {
        const plugin = await downloadFromTrixie(machine, folder);
        await rootCommand(machine, ["install", "-D", "-m", "0755", plugin, join(pluginFolder, "docker-compose")]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function downloadFromTrixie(machine: Machine, folder: string): Promise<string> {
  const sources = join(folder, "trixie.list");
  const mirror = await aptMirror(machine);
  await writeFile(sources, `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} trixie main\n`);
  const options = [
    `Dir::Etc::SourceList=${sources}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  await command(machine, ["mkdir", "-p", join(folder, "lists/partial"), join(folder, "cache/archives/partial")]);
  await command(machine, ["apt-get", ...options, "--quiet", "update"]);
  await command(machine, ["apt-get", ...options, "--quiet", "download", "docker-compose"], { cwd: folder });
  const archive = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw noPlugin();
  await command(machine, ["dpkg-deb", "-x", join(folder, archive), join(folder, "files")]);
  return join(folder, "files/usr/libexec/docker/cli-plugins/docker-compose");
}

function noPlugin(): CiloError {
  return new CiloError("SETUP_UNSUPPORTED", "this system's packages have no Docker Compose v2", {
    hint: "Install it as https://docs.docker.com/compose/install/ says, then run this again",
  });
}
