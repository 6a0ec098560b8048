import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, type Clock } from "@cilo/base";
import {
  type Addresses,
  type Endpoint,
  type Environments,
  type Guard,
  type Runtime,
  applyEnvConfig,
  copyTree,
  createEnvironments,
  mergeTree,
  openHome,
  readProjectConfig,
  removeTree,
  syncTree,
  workspaceChanges,
} from "@cilo/engine";
import { AgentCode } from "../errors.ts";
import { parsers } from "../parsers.ts";
import { createPins } from "../policy/pins.ts";
import { policyProblems } from "../policy/policy.ts";

/** What every environment of the machine is run with. */
export interface EngineParts {
  readonly runtime: Runtime;
  /** Of the whole machine: no two environments get the same range, whosever they are. */
  readonly addresses: Addresses;
  readonly clock: Clock;
  /** For programs that are started: `PATH` and no more. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface EnvironmentEngineRequest {
  readonly id: string;
  /** The environment's folder, with `files` in it. */
  readonly folder: string;
  readonly pins: string;
  readonly allowPrivileged: boolean;
  /** What answers now, each time that changes. */
  readonly publish: (endpoints: readonly Endpoint[]) => Promise<void>;
}

/**
 * The engine over one environment. Each has a home of its own, so that two teams' environments of one name are
 * strangers, and nothing is shared between any two.
 */
export async function openEngine(parts: EngineParts, request: EnvironmentEngineRequest): Promise<Environments> {
  const files = await uploadFolder(request.folder);
  const home = await openHome(join(request.folder, "home"));
  const { dnsSuffix } = await readProjectConfig(files, { within: files });
  return createEnvironments({
    home,
    runtimes: (name) => {
      if (name === parts.runtime.name) return parts.runtime;
      throw new CiloError(AgentCode.stateConflict, `this machine runs ${parts.runtime.name}, not ${name}`);
    },
    defaultRuntime: async () => await Promise.resolve(parts.runtime.name),
    parsers,
    addresses: ownedBy(parts.addresses, request.id),
    names: { publish: (_, endpoints) => request.publish(endpoints), withdraw: () => request.publish([]) },
    clock: parts.clock,
    // A project sees nothing of the machine's.
    env: {},
    consent: { allow: () => Promise.resolve(false) },
    defaultSuffix: ".test",
    // Names are the laptop's business.
    registeredSuffixes: dnsSuffix === undefined ? [] : [dnsSuffix],
    scheduleReap: () => Promise.resolve(),
    workspaces: {
      findSourceRoot: (folder) => Promise.resolve({ sourceRoot: files, projectPath: folder.slice(files.length + 1) }),
      copyTree,
      syncTree,
      mergeTree,
      workspaceChanges,
      applyEnvConfig,
      removeTree,
    },
    guard: createGuard(parts, request),
  });
}

/** Where clients upload to. */
export async function uploadFolder(folder: string): Promise<string> {
  const files = join(folder, "files");
  await mkdir(files, { recursive: true, mode: 0o755 });
  return await realpath(files);
}

function createGuard(parts: EngineParts, { pins, allowPrivileged }: EnvironmentEngineRequest): Guard {
  return {
    async admit({ spec, isolated, workspace }, { signal }) {
      const problems = allowPrivileged ? [] : policyProblems(spec, isolated);
      const [first] = problems;
      if (first !== undefined)
        throw new CiloError(AgentCode.policyRefused, `${first.attribute}: ${first.message}`, {
          problems,
          hint: "Leave it out for this machine, or ask for an exclusive one that allows it",
        });
      return await createPins(pins, parts.env).hold(isolated, workspace, signal);
    },
  };
}

function ownedBy(addresses: Addresses, id: string): Addresses {
  return {
    allocate: (request) => addresses.allocate({ ...request, owner: `${id}/${request.owner}` }),
    release: (owner) => addresses.release(`${id}/${owner}`),
  };
}
