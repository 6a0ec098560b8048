import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { type EnvironmentsDeps, type Home, type Runtime, listRecords } from "@cilo/engine";
import { type Addresses, type Names, createNames, parsePool } from "@cilo/network";
import { doctorChecks } from "./doctor/checks.ts";
import { dnsStatus, initResolver, thisSystem, undoResolver } from "./pending.ts";
import { CliCode } from "./errors.ts";
import { type MachineSettings, writeMachine } from "./machine.ts";
import type { InitData, NetworkStatusData, System } from "./system.ts";

export interface MachineParts {
  readonly home: Home;
  readonly machine: MachineSettings;
  readonly deps: EnvironmentsDeps;
  readonly runtime: Runtime;
  readonly addresses: Addresses;
  readonly names: Names;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The {@link System} that this process runs on. */
export function thisMachine(parts: MachineParts): System {
  const { home, machine, names } = parts;
  const resolver = (signal: AbortSignal) => ({
    dir: dnsFolder(home),
    env: parts.env,
    platform: parts.platform,
    system: thisSystem(parts),
    signal,
  });
  return {
    machine,
    checks: doctorChecks(parts),
    init: async (wanted, signal) => {
      const chosen = settings(machine, wanted);
      parsePool(chosen.baseSubnet);
      if (JSON.stringify([chosen.dnsPort, chosen.suffixes]) !== JSON.stringify([machine.dnsPort, machine.suffixes]))
        await names.stop({ signal });
      await namesOf(parts, chosen).start({ signal });
      const { kind, changed, files } = await initResolver(resolver(signal), chosen);
      await writeMachine(home.root, chosen);
      return { ...initData(chosen), resolver: kind, changed, files };
    },
    undo: async (signal) => {
      const { kind, files } = await undoResolver(resolver(signal));
      return { ...(kind === undefined ? {} : { resolver: kind }), files };
    },
    dnsStatus: async (signal) => await dnsStatus(names, resolver(signal)),
    networkStatus: async (signal) => await networkStatus(parts, signal),
  };
}

export function dnsFolder(home: Home): string {
  return join(home.root, "dns");
}

function namesOf({ home, env, platform }: MachineParts, { dnsPort, suffixes }: MachineSettings): Names {
  return createNames({ dir: dnsFolder(home), port: dnsPort, suffixes, env, platform });
}

/** Suffixes are added to those registered before: environments may have names under them. */
function settings(machine: MachineSettings, wanted: Partial<MachineSettings>): MachineSettings {
  for (const suffix of wanted.suffixes ?? [])
    if (!/^(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/u.test(suffix))
      throw new CiloError(CliCode.usage, `--suffix ${JSON.stringify(suffix)} is no domain with its leading dot`, {
        hint: "For example --suffix .test",
      });
  const registered = machine.isInitialised ? machine.suffixes : [];
  const suffixes = [...new Set([...registered, ...(wanted.suffixes ?? [])])];
  return {
    dnsPort: wanted.dnsPort ?? machine.dnsPort,
    baseSubnet: wanted.baseSubnet ?? machine.baseSubnet,
    suffixes: suffixes.length === 0 ? machine.suffixes : suffixes,
    isInitialised: true,
  };
}

function initData({
  dnsPort,
  baseSubnet,
  suffixes,
}: MachineSettings): Pick<InitData, "dnsPort" | "baseSubnet" | "suffixes"> {
  return { dnsPort, baseSubnet, suffixes };
}

async function networkStatus(
  { home, machine, addresses }: MachineParts,
  signal: AbortSignal,
): Promise<NetworkStatusData> {
  const [located, conflicts] = await Promise.all([listRecords(home), addresses.routeConflicts(signal)]);
  return {
    baseSubnet: machine.baseSubnet,
    blocks: located.flatMap(({ record: { project, environment, allocation } }) =>
      (allocation?.blocks ?? []).map((block) => ({ block, project, environment })),
    ),
    conflicts,
  };
}
