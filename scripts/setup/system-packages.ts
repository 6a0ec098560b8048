import { readFile } from "node:fs/promises";
import { CiloError } from "@cilo/base";
import { type Machine, command, hasProgram, isThere, rootCommand, succeeds, typedAsRoot } from "./machine.ts";
import type { Step } from "./step.ts";

/** Releases whose docker.io still has the program `docker` in it; later ones have docker-cli. */
const withoutDockerCli = ["bullseye", "bookworm"];

/** What must be there, and the packages that bring it. */
function programsFor(machine: Machine): readonly { program: string; packages: readonly string[] }[] {
  const hasCli = machine.distribution === "debian" && !withoutDockerCli.includes(machine.codename);
  return [
    { program: "dockerd", packages: ["docker.io"] },
    { program: "docker", packages: hasCli ? ["docker-cli"] : ["docker.io"] },
    { program: "iptables", packages: ["iptables"] },
    // The program alone: the package `dnsmasq` also starts a service that takes port 53.
    { program: "dnsmasq", packages: ["dnsmasq-base"] },
  ];
}

/** The system packages that are missing, as one step; none when all is there. */
export async function systemPackages(machine: Machine, more: readonly string[] = []): Promise<Step[]> {
  const wanted = [...(await missingPackages(machine)), ...(await engineNeeds()), ...more];
  if (wanted.length === 0) return [];
  if (!machine.hasApt) {
    throw new CiloError(
      "SETUP_UNSUPPORTED",
      `needs ${wanted.join(", ")}, and there is no apt-get here to install them`,
      {
        hint: "Install Docker with its Compose plugin and dnsmasq, then run this again",
      },
    );
  }
  return [installStep(machine, wanted)];
}

async function missingPackages(machine: Machine): Promise<string[]> {
  const missing = await Promise.all(
    programsFor(machine).map(async ({ program, packages }) => ((await hasProgram(program)) ? [] : packages)),
  );
  return [...new Set(missing.flat())];
}

/** What docker.io only recommends, and yet does not start without on some machines. */
async function engineNeeds(): Promise<string[]> {
  if (await hasProgram("dockerd")) return [];
  const apparmor = await readFile("/sys/module/apparmor/parameters/enabled", "utf8").catch(() => "N");
  const cgroups = (await isThere("/sys/fs/cgroup/cgroup.controllers")) || (await isThere("/sys/fs/cgroup/memory"));
  return [...(apparmor.startsWith("Y") ? ["apparmor"] : []), ...(cgroups ? [] : ["cgroupfs-mount"])];
}

function installStep(machine: Machine, packages: readonly string[]): Step {
  return {
    what: `install ${packages.join(", ")} with apt-get`,
    undo: typedAsRoot(machine, `apt-get remove ${packages.join(" ")}`),
    apply: async () => {
      await rootCommand(machine, ["apt-get", "update", "--quiet"]);
      await rootCommand(machine, ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", ...packages]);
    },
  };
}

/** Those of the packages that apt knows. */
export async function availablePackages(machine: Machine, packages: readonly string[]): Promise<string[]> {
  const known = await Promise.all(
    packages.map(async (name) => {
      if (!(await succeeds(machine, ["apt-cache", "show", "--no-all-versions", name]))) return [];
      const { stdout } = await command(machine, ["apt-cache", "policy", name]);
      return stdout.includes("Candidate: (none)") ? [] : [name];
    }),
  );
  return known.flat();
}
