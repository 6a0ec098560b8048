import { CiloError } from "@cilo/base";
import { type Environments, type EnvironmentsDeps, type Home, type Runtime, listRecords } from "@cilo/engine";
import {
  type Addresses,
  type Names,
  createNames,
  createResolverSetup,
  dnsStatus,
  isSuffix,
  parsePool,
} from "@cilo/network";
import { doctorChecks } from "./doctor/checks.ts";
import { CliCode } from "./errors.ts";
import { dnsFolder } from "./home-root.ts";
import { type MachineSettings, writeMachine } from "./machine.ts";
import type { NetworkStatusData, System } from "./system.ts";
import { installTunnelHelper, removeTunnelHelper } from "./tunnel-helper.ts";

export interface MachineParts {
  readonly home: Home;
  readonly machine: MachineSettings;
  readonly deps: EnvironmentsDeps;
  readonly environments: Environments;
  readonly runtime: Runtime;
  readonly addresses: Addresses;
  readonly names: Names;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The {@link System} that this process runs on. */
export function thisMachine(parts: MachineParts): System {
  const { home, machine, names, env, platform } = parts;
  const { suffixes } = machine;
  const resolver = createResolverSetup({ dir: dnsFolder(home.root), env, platform });
  return {
    machine,
    checks: doctorChecks({ ...parts, resolver }),
    init: async (wanted, signal) => {
      const chosen = settings(machine, wanted);
      const served = await serve(parts, chosen, signal);
      const { kind, changed, files } = await resolver.init(chosen, { signal });
      await writeMachine(home.root, chosen);
      const helper = await installTunnelHelper({ env, platform, signal });
      const tunnels = helper === undefined ? {} : { helper };
      const { dnsPort, baseSubnet } = chosen;
      return {
        ...tunnels,
        dnsPort,
        baseSubnet,
        suffixes: chosen.suffixes,
        resolver: kind,
        changed: changed || served,
        files,
      };
    },
    undo: async (signal) => {
      const { kind, files: restored } = await resolver.undo({ signal });
      const removed = await removeTunnelHelper({ env, platform, signal });
      const files = [...restored, ...removed.map((path) => ({ path, result: "removed" }))];
      // With nothing left to serve, nothing of ours goes on running; otherwise names still answer on our port.
      const isUsed = (await names.published()).length > 0 && (await listRecords(home)).length > 0;
      if (!isUsed) await names.stop({ signal });
      return { ...(kind === undefined ? {} : { resolver: kind }), files };
    },
    dnsStatus: async (signal) => await dnsStatus({ names, resolver, suffixes }, { signal }),
    networkStatus: async (signal) => await networkStatus(parts, signal),
  };
}

/** Has our name server answer as chosen; answers whether that is another way than before. */
async function serve(
  { home, machine, names, env, platform }: MachineParts,
  chosen: MachineSettings,
  signal: AbortSignal,
): Promise<boolean> {
  const isOther = chosen.dnsPort !== machine.dnsPort || chosen.suffixes.join() !== machine.suffixes.join();
  if (isOther) await names.stop({ signal });
  const { dnsPort: port, suffixes } = chosen;
  await createNames({ dir: dnsFolder(home.root), port, suffixes, env, platform }).start({ signal });
  return isOther;
}

/**
 * What is wanted over what was chosen before. Suffixes are added: environments may have names under the earlier ones.
 * @throws CiloError `USAGE`, `POOL_INVALID`
 */
function settings(machine: MachineSettings, wanted: Partial<Omit<MachineSettings, "isInitialised">>): MachineSettings {
  const wrong = wanted.suffixes?.find((suffix) => !isSuffix(suffix));
  if (wrong !== undefined)
    throw new CiloError(CliCode.usage, `--suffix ${JSON.stringify(wrong)} is no domain with its leading dot`, {
      hint: "For example --suffix .test",
    });
  const baseSubnet = wanted.baseSubnet ?? machine.baseSubnet;
  parsePool(baseSubnet);
  const suffixes = [...new Set([...(machine.isInitialised ? machine.suffixes : []), ...(wanted.suffixes ?? [])])];
  return {
    dnsPort: wanted.dnsPort ?? machine.dnsPort,
    baseSubnet,
    suffixes: suffixes.length === 0 ? machine.suffixes : suffixes,
    addressing: wanted.addressing ?? machine.addressing,
    isInitialised: true,
  };
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
