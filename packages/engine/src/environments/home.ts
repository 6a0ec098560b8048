import { join } from "node:path";

/**
 * Where everything of Cilo's lies. One folder per environment, what is ours beside `workspace/`, never in it.
 *
 * ```
 * CILO_HOME/
 *   id                         8 hex digits, made once; labels everything at the engine
 *   machine.json               what `cilo init` chose: dns port, suffix, base subnet
 *   envs/<project>/<env>/      environment.json · compose.yaml · isolated.json · applied.json · previous.json ·
 *                              unapplied.json · baseline.json · generated.json · workbench/ ·
 *                              workspace/
 *   blocks/                    one file per claimed address block
 *   shared/<composeProject>/   compose.yaml of shared services, users/
 *   dns/                       dnsmasq's configuration, hosts folder, pid
 *   locks/  consents/  plugins/
 * ```
 */
export interface Home {
  readonly root: string;
  /** 8 hex digits. */
  readonly id: string;
}

/** Paths of one environment. Names must be labels already. */
export function environmentPaths(home: Home, identity: { project: string; environment: string }): EnvironmentPaths {
  const folder = join(home.root, "envs", identity.project, identity.environment);
  return {
    folder,
    record: `${folder}/environment.json`,
    compose: `${folder}/compose.yaml`,
    isolated: `${folder}/isolated.json`,
    baseline: `${folder}/baseline.json`,
    workspace: `${folder}/workspace`,
    applied: `${folder}/applied.json`,
    previous: `${folder}/previous.json`,
    unapplied: `${folder}/unapplied.json`,
    generated: `${folder}/generated.json`,
    workbench: `${folder}/workbench`,
  };
}

export interface EnvironmentPaths {
  readonly folder: string;
  readonly record: string;
  /** The generated Compose file, 0600. */
  readonly compose: string;
  /** The IsolatedSpec without its document: services, ports, ingress, what is shared; for commands that need no parsing. */
  readonly isolated: string;
  /** State of the source at the last sync, by file. */
  readonly baseline: string;
  readonly workspace: string;
  /** What the engine was last brought to; absent while nothing was started (see applied.ts). */
  readonly applied: string;
  /** What the engine had before an `up` that has not succeeded yet; what a service is put back from. */
  readonly previous: string;
  /** Source edits that reached the workspace and not yet the engine; survives `kill -9` (see applied.ts). */
  readonly unapplied: string;
  /** What Cilo or a hook wrote into the workspace at creation, so that it is not taken for somebody's work. */
  readonly generated: string;
  /** Folder of what is known of the service that is entered: how, its image, what has run in it. */
  readonly workbench: string;
}

/** The lock that every command that changes an environment of this name holds. */
export function environmentLockPath(home: Home, environment: string): string {
  return join(home.root, "locks", `env-${environment}`);
}

/** Present while a command changes an environment; found there with the lock free, that command was killed. */
export function operationMarkerPath(home: Home, environment: string): string {
  return join(home.root, "locks", `env-${environment}.operation`);
}

/** Folder of one shared service: `compose.yaml`, `shared.json`, `users/<env>`. */
export function sharedFolder(home: Home, composeProject: string): string {
  return join(home.root, "shared", composeProject);
}
