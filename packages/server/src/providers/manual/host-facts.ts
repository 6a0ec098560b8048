import { CiloError } from "@cilo/base";
import { Engine } from "@cilo/api";
import * as z from "zod";
import type { HostFacts } from "../provider.ts";
import { HostCode } from "./ssh-errors.ts";

/** What `lookScript` found: the facts, and what an installation has to add to them. */
export interface Look {
  readonly facts: HostFacts;
  /** Programs that the agent needs and that are not there. */
  readonly missing: readonly string[];
  readonly hasCompose: boolean;
  readonly packager: string | undefined;
}

const architectures: Readonly<Record<string, HostFacts["architecture"]>> = {
  x86_64: "x64",
  amd64: "x64",
  aarch64: "arm64",
  arm64: "arm64",
};

/** Room for the agent with its Node, and for one small environment. */
const leastDiskMb = 1024;

const Count = z.coerce.number().int().min(0);

/**
 * Reads the output of `lookScript`.
 * @throws CiloError `HOST_UNSUITABLE` when the agent cannot run there
 */
export function readLook(host: string, output: string): Look {
  const pairs = output.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  const all = (name: string): string[] => pairs.filter(([key]) => key === name).map(([, value = ""]) => value);
  const one = (name: string): string => all(name)[0] ?? "";
  const unsuitable = (what: string, hint: string): CiloError =>
    new CiloError(HostCode.unsuitable, `${host}: ${what}`, { hint });

  if (one("end") !== "yes") throw unsuitable("looking at it was cut short", "Try again");
  if (one("system") !== "Linux") throw unsuitable(`runs ${one("system")}`, "A machine runs Linux");
  const architecture = architectures[one("machine")];
  if (architecture === undefined)
    throw unsuitable(`has the architecture ${one("machine")}`, "A machine is x86_64 or aarch64");
  const diskFreeMb = Count.parse(one("diskFreeMb"));
  if (diskFreeMb < leastDiskMb)
    throw unsuitable(`has ${diskFreeMb} MB free in /opt`, `The agent needs ${leastDiskMb} MB`);
  const hasKernelWireGuard = one("kernelWireGuard") === "yes";
  if (!hasKernelWireGuard && one("tun") !== "yes")
    throw unsuitable("has neither WireGuard in its kernel nor /dev/net/tun", "modprobe wireguard, or modprobe tun");
  return {
    facts: {
      architecture,
      distribution: one("distribution"),
      version: one("version"),
      hasSystemd: one("systemd") === "yes",
      engines: z.array(Engine).parse(all("engine")),
      memoryMb: Count.parse(one("memoryMb")),
      cpus: Count.parse(one("cpus")),
      diskFreeMb,
      hasKernelWireGuard,
    },
    missing: all("missing").filter((name) => name !== "wireguard-go" || !hasKernelWireGuard),
    hasCompose: one("compose") === "yes",
    packager: one("packager") === "" ? undefined : one("packager"),
  };
}
