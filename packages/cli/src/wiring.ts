import { existsSync } from "node:fs";
import { join } from "node:path";
import { CiloError, createFileExclusive, isCiloError, startDetached, systemClock } from "@cilo/base";
import {
  type Environments,
  type EnvironmentsDeps,
  type Home,
  EngineCode,
  type Runtime,
  createDockerRuntime,
  createPodmanRuntime,
  createEnvironments,
  openHome,
} from "@cilo/engine";
import { terminalConsent } from "./consent.ts";
import { createDefaultRuntime } from "./default-runtime.ts";
import { CliCode } from "./errors.ts";
import { giveToSudoUser } from "./give-to-sudo-user.ts";
import { dnsFolder, homeRoot } from "./home-root.ts";
import { readMachine } from "./machine.ts";
import type { NetworkParts } from "./network-parts.ts";
import { once } from "./once.ts";
import type { Prompts } from "./prompts.ts";
import type { System } from "./system.ts";

/** What commands work with, built from the surroundings on first use. */
export interface Wiring {
  readonly home: Home;
  readonly environments: Environments;
  /** @throws CiloError `USAGE` for a name nobody knows */
  readonly runtime: (name: string) => Runtime;
  readonly system: () => Promise<System>;
  /** What the lifecycle was built from, its parsers left out. */
  readonly deps: EnvironmentsDeps;
  /** What a user should be told after names were published, once: that nobody asks our name server yet. */
  readonly advice: () => Promise<readonly string[]>;
  /** To be awaited before the process ends, whatever became of the command. */
  readonly settle: () => Promise<void>;
}

export interface WiringOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly uid: number | undefined;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
  readonly prompts: Prompts | undefined;
  /** The command that starts this program again: a file and its first arguments. */
  readonly self: readonly [file: string, ...args: string[]];
  readonly onNotice: (text: string) => void;
}

/** Builds everything over the home of the invoking user. Starts nothing, but mends a name server that crashed. */
export async function createWiring(options: WiringOptions): Promise<Wiring> {
  const { env, platform, onNotice } = options;
  const root = homeRoot(options);
  const [home, machine] = await Promise.all([openHome(root), readMachine(root)]);
  const { runtime, defaultRuntime } = createRuntimes(options);
  const network = once(async () =>
    (await import("./network-parts.ts")).createNetworkParts({ home, machine, env, platform, onNotice }),
  );
  const deps: EnvironmentsDeps = {
    home,
    runtimes: runtime,
    defaultRuntime,
    parsers: [],
    addresses: {
      allocate: async (request) => await allocateAll(await network(), request),
      release: async (owner) => {
        const { addresses, loopback } = await network();
        await Promise.all([addresses.release(owner), loopback.release(owner)]);
      },
    },
    names: {
      publish: async (identity, endpoints, waiting) =>
        await (await network()).names.publish(identity, endpoints, waiting),
      withdraw: async (identity, waiting) => await (await network()).names.withdraw(identity, waiting),
    },
    addressing: machine.addressing,
    clock: systemClock,
    env,
    consent: terminalConsent(options.prompts),
    defaultSuffix: machine.suffixes[0] ?? ".test",
    registeredSuffixes: machine.suffixes,
    scheduleReap: async (composeProject, afterMs) => {
      const [file, ...args] = options.self;

      await startDetached(file, [...args, "__reap", composeProject, String(afterMs)], { ...env, CILO_HOME: root });
    },
  };
  const environments = environmentsOver(deps);
  const mended = existsSync(dnsFolder(root)) ? mendNames(network, options) : undefined;
  return {
    home,
    runtime,
    environments,
    deps,
    system: async () => {
      const { thisMachine } = await import("./this-machine.ts");
      const common = { home, machine, deps, environments, env, platform, ...(await network()) };
      return thisMachine({ ...common, runtime: runtime(await defaultRuntime(options)) });
    },
    advice: async () => {
      if (machine.isInitialised || !(await createFileExclusive(join(root, "hints", "init"), ""))) return [];
      return ["this machine's resolver does not know these names yet — once: sudo cilo init"];
    },
    settle: async () => {
      await mended;
      await giveToSudoUser(root, options);
    },
  };
}

/** Subnets, and a block of loopback addresses where one is wanted. */
async function allocateAll(
  { addresses, loopback }: NetworkParts,
  { loopback: services, ...request }: Parameters<EnvironmentsDeps["addresses"]["allocate"]>[0],
): ReturnType<EnvironmentsDeps["addresses"]["allocate"]> {
  const allocation = await addresses.allocate(request);
  if (services === undefined) return allocation;
  const { owner, previous, signal } = request;
  const known = previous?.loopback === undefined ? {} : { previous: previous.loopback };
  return { ...allocation, loopback: await loopback.allocate({ owner, services, ...known, signal }) };
}

/** The parsers are large, and only three operations read a project. */
function environmentsOver(deps: EnvironmentsDeps): Environments {
  const withParsers = async (): Promise<Environments> =>
    createEnvironments({ ...deps, parsers: (await import("./parsers.ts")).parsers });
  const refuseCloudName = async (environment: string): Promise<void> => {
    if (!existsSync(join(deps.home.root, "cloud", "envs", environment))) return;
    throw new CiloError(EngineCode.nameTaken, `${environment} is an environment on a server`, {
      hint: `Choose another name, or bring that one up: cilo cloud up ${environment}`,
    });
  };
  return {
    ...createEnvironments(deps),
    up: async (request, context) => {
      await refuseCloudName(request.environment);
      return await (await withParsers()).up(request, context);
    },
    create: async (request, context) => {
      await refuseCloudName(request.environment);
      return await (await withParsers()).create(request, context);
    },
    plan: async (request, context) => await (await withParsers()).plan(request, context),
  };
}

function createRuntimes(options: WiringOptions): Pick<Wiring, "runtime"> & Pick<EnvironmentsDeps, "defaultRuntime"> {
  const engines = { docker: createDockerRuntime(options), podman: createPodmanRuntime(options) };
  return {
    runtime: (name) => {
      const found = Object.values(engines).find((engine) => engine.name === name);
      if (found !== undefined) return found;
      throw new CiloError(CliCode.usage, `there is no runtime ${JSON.stringify(name)}`, {
        hint: `There are: ${Object.keys(engines).join(", ")}`,
      });
    },
    defaultRuntime: createDefaultRuntime(engines, options.env),
  };
}

/** Whoever started the name server, and however it ended: the next command has it answer again. */
async function mendNames(network: () => Promise<NetworkParts>, { signal, onNotice }: WiringOptions): Promise<void> {
  try {
    await (await network()).mend(signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!isCiloError(error)) throw error;
    onNotice(`names do not answer: ${error.message}${error.hint === undefined ? "" : ` — ${error.hint}`}`);
  }
}
