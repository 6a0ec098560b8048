import type { AgentConfig, Engine, WireGuardKey } from "@cilo/api";

/** How a machine is reached while its agent cannot be: over SSH, with the host key that was pinned when it was added. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of a private key on the server's host; absent: what the SSH client of the server finds. */
  readonly keyPath?: string;
  /** The pinned key as a line of known_hosts without its host: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

export type UnpinnedConnection = Omit<Connection, "hostKey">;

/** What a machine is, as far as an installation depends on it. */
export interface HostFacts {
  readonly architecture: "x64" | "arm64";
  /** As `ID` of os-release: `debian`. */
  readonly distribution: string;
  readonly version: string;
  readonly hasSystemd: boolean;
  /** Engines that are there now. */
  readonly engines: readonly Engine[];
  readonly memoryMb: number;
  readonly cpus: number;
  readonly diskFreeMb: number;
  /** Whether the kernel has WireGuard; else wireguard-go is installed. */
  readonly hasKernelWireGuard: boolean;
}

export interface Registration {
  readonly hostKey: string;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
  readonly facts: HostFacts;
}

/** The agent as it is delivered: one folder's worth of files for one architecture, made by `npm run build`. */
export interface AgentBundle {
  readonly version: string;
  /** Path of a tar archive on the server's host. */
  readonly archive: string;
  readonly sha256: string;
}

export interface InstallRequest {
  readonly bundle: AgentBundle;
  readonly config: AgentConfig;
  readonly signal: AbortSignal;
  /** One line per step that has begun. */
  readonly onStep: (step: string) => void;
}

export interface Installed {
  /** Made on the machine, where its private half stays. */
  readonly wgPublicKey: WireGuardKey;
  readonly engine: Engine;
  readonly facts: HostFacts;
}

interface Waiting {
  readonly signal: AbortSignal;
}

/**
 * Puts the agent on machines and takes it off. Every method may be called again after it failed or was killed midway,
 * and then ends where an undisturbed call would have.
 *
 * Codes thrown: `HOST_UNREACHABLE`, `HOST_KEY_MISMATCH` (the key is not the pinned or the expected one),
 * `HOST_LOGIN_REFUSED`, `HOST_UNSUITABLE` (no root by sudo, wrong architecture, no space …) and `INSTALL_FAILED`.
 */
export interface Provider {
  readonly type: "manual" | "hetzner";
  /** Looks at a host and learns its key. With `expectedFingerprint` another key is refused before anything is sent. */
  register(
    connection: UnpinnedConnection,
    options: Waiting & { readonly expectedFingerprint?: string },
  ): Promise<Registration>;
  /** Installs what is missing, the agent and its configuration, starts it, and answers once it runs. Upgrades likewise: the former version comes back if the new one is not healthy within 30 s. */
  install(connection: Connection, request: InstallRequest): Promise<Installed>;
  /** What is installed, or undefined when nothing is: version and whether its service runs. */
  inspect(
    connection: Connection,
    options: Waiting,
  ): Promise<{ readonly version: string; readonly isRunning: boolean } | undefined>;
  /** Removes every environment with its containers, volumes, images and files; the agent stays. Before an exclusive machine is given to another. */
  wipe(connection: Connection, options: Waiting): Promise<void>;
  /** Removes every trace of Cilo. The machine, and what was on it before, stay. */
  remove(connection: Connection, options: Waiting): Promise<void>;
}
