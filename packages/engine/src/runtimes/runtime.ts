import type { IsolatedSpec } from "../isolation/isolated-spec.ts";

/** One container of a service. */
export interface ContainerStatus {
  readonly id: string;
  readonly containerName: string;
  readonly service: string;
  /** 1-based. */
  readonly index: number;
  readonly state: "created" | "running" | "restarting" | "paused" | "exited" | "dead" | "removing";
  /** Absent without a healthcheck. */
  readonly health?: "starting" | "healthy" | "unhealthy";
  readonly exitCode?: number;
  /** The image it was made from; absent where the engine does not say. */
  readonly imageId?: string;
  /** IPv4 by engine network name; empty while not running. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What its image or its definition exposes, each once; absent while not running, or where the engine does not say. */
  readonly exposed?: readonly { readonly port: number; readonly protocol: "tcp" | "udp" }[];
  /** Milliseconds since the epoch; absent when never started, and when `details` were not asked for. */
  readonly startedAt?: number;
}

/** Everything of ours at the engine. */
export interface RuntimeStatus {
  /** Compose project → its containers, by service name and index. */
  readonly environments: ReadonlyMap<string, readonly ContainerStatus[]>;
}

export interface RuntimeEvent {
  readonly kind: "start" | "die" | "health" | "destroy";
  readonly composeProject: string;
  readonly service: string;
  readonly containerId: string;
  /** For `health`. */
  readonly health?: "healthy" | "unhealthy" | "starting";
  /** For `die`. */
  readonly exitCode?: number;
  /** The engine's time of the event, milliseconds since the epoch. */
  readonly at: number;
}

/** What one environment has at the engine and where its generated Compose file lies. */
export interface RuntimeTarget {
  readonly composeProject: string;
  /** The generated Compose file: absolute path. */
  readonly composeFile: string;
  /** Variables that `secrets:`/`configs:` with `environment:` are read from, and nothing else of the caller's. */
  readonly env: Readonly<Record<string, string>>;
}

export interface UpOptions {
  readonly build: boolean;
  readonly recreate: boolean;
  /** Create containers and networks, start nothing. */
  readonly createOnly?: boolean;
  readonly signal: AbortSignal;
  /** A line of the engine's progress, for people. */
  readonly onProgress?: (line: string) => void;
}

export type BuildOptions = Pick<UpOptions, "signal" | "onProgress">;

export interface ImageDetails {
  readonly id: string;
  /** Empty: root. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A program that speaks to the engine as `docker` does. */
export interface EngineProgram {
  readonly file: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Which containers `status` answers. */
export interface StatusFilter {
  /** Those labelled with this home. */
  readonly home?: string;
  /** Those of this Compose project. */
  readonly composeProject?: string;
  /** Also `startedAt`, at one call for each container, which waits while the engine starts or stops that container. */
  readonly details?: boolean;
}

/**
 * A container engine. Stable extension point; docs/SUPPORTED_FORMATS.md, "writing a runtime".
 * Every method may be called again after a crash, and `destroy` on something half made or gone.
 * `up`, `down` and `destroy` of one Compose project exclude one another: the caller holds a lock, and each first ends
 * what a killed caller left running of an earlier one.
 * @throws CiloError `ENGINE_UNREACHABLE`, `ENGINE_MISSING`, `COMPOSE_MISSING`, `ENGINE_FAILED` with the engine's own reason.
 */
export interface Runtime {
  readonly name: string;
  /** Driver options that every network of an environment is made with, where the engine separates networks only so. */
  readonly networkOptions?: Readonly<Record<string, string>>;
  /**
   * Starts or updates it; returns when all containers are created and started (not: healthy). A failed pull or build touches nothing.
   * @throws CiloError `IMAGE_UNAVAILABLE`, `BUILD_FAILED`, `SUBNET_TAKEN`, `PORT_TAKEN`, `DISK_FULL`; `SERVICE_UNHEALTHY`
   * or `SERVICE_EXITED` when a service does not become what another waits for
   */
  up(target: RuntimeTarget, spec: IsolatedSpec, options: UpOptions): Promise<void>;
  /**
   * Builds the images of these services, by the target's Compose file.
   * @throws CiloError `BUILD_FAILED`, `IMAGE_UNAVAILABLE`, `DISK_FULL`
   */
  build(target: RuntimeTarget, services: readonly string[], options: BuildOptions): Promise<void>;
  /** What the engine has by that name; `undefined` when it has nothing. */
  image(reference: string, options: { signal: AbortSignal }): Promise<ImageDetails | undefined>;
  /**
   * The engine's own program and what it is started with, for what is its alone: building into images, and commands
   * in containers whose output is read. @throws CiloError as every other
   */
  program(options: { signal: AbortSignal }): Promise<EngineProgram>;
  /**
   * Stops and removes the containers and networks; keeps volumes and images. A container with an anonymous volume is
   * stopped and kept, with its networks: without it nothing would lead to that data any more.
   */
  down(target: RuntimeTarget, options: { signal: AbortSignal }): Promise<void>;
  /** Removes everything that carries the Compose project: containers, networks, volumes, images of ours. Needs no Compose file. */
  destroy(composeProject: string, options: { signal: AbortSignal }): Promise<void>;
  /** What runs, by label, of one home. With `composeProject`: of that one alone. One engine call where it can be. */
  status(filter: StatusFilter, options: { signal: AbortSignal }): Promise<RuntimeStatus>;
  /** Events of one Compose project from now on, until `signal` aborts (then it ends without an error). Subscribed when `ready` is called. */
  events(composeProject: string, options: { signal: AbortSignal; ready?: () => void }): AsyncIterable<RuntimeEvent>;
  /** Attaches one container of another Compose project to a network, by its engine name, under these aliases; attached already is no failure. */
  connect(
    request: { containerId: string; network: string; aliases: readonly string[] },
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Restarts the containers of these services as they are, without what depends on them. */
  restart(target: RuntimeTarget, services: readonly string[], options: { signal: AbortSignal }): Promise<void>;
  /** Takes a container of another Compose project off a network; not attached, or either gone, is no failure. */
  disconnect(request: { containerId: string; network: string }, options: { signal: AbortSignal }): Promise<void>;
  /** Gives a name to an image, taking it from the one that has it. */
  tag(request: { imageId: string; name: string }, options: { signal: AbortSignal }): Promise<void>;
  /** The last lines that a service's containers wrote, oldest first, without control characters; for error messages. */
  tail(
    request: { composeProject: string; service: string; lines: number },
    options: { signal: AbortSignal },
  ): Promise<readonly string[]>;
  /**
   * Runs the engine's own program on the caller's streams and answers its exit status: logs, exec, cp.
   * @throws CiloError `SERVICE_NOT_RUNNING`, `SERVICE_NOT_FOUND`
   */
  attach(target: RuntimeTarget, action: RuntimeAction, options: { signal: AbortSignal }): Promise<number>;
  /** What the engine can do and has, for `doctor` and for address checks. `composeVersion`: also that, for which Compose is started. */
  inspect(options: { signal: AbortSignal; composeVersion?: boolean }): Promise<RuntimeInfo>;
}

export type RuntimeAction =
  | {
      readonly kind: "logs";
      readonly services: readonly string[];
      readonly follow: boolean;
      readonly since?: string;
      readonly tail?: string;
      readonly timestamps: boolean;
    }
  | {
      readonly kind: "exec";
      readonly service: string;
      readonly index?: number;
      readonly command: readonly string[];
      readonly tty: boolean;
      readonly user?: string;
      readonly workdir?: string;
      readonly env?: Readonly<Record<string, string>>;
    }
  /** One of the two is `<service>:<path>`, the other a path on the host or `-` for a tar stream. */
  | { readonly kind: "cp"; readonly from: string; readonly to: string };

export interface RuntimeInfo {
  readonly engineVersion: string;
  /** Empty when there is no usable Compose; absent when it was not asked for. */
  readonly composeVersion?: string;
  /** Where it listens, e.g. `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
  /** The host can route to container addresses. */
  readonly directAddresses: boolean;
  /** Every IPv4 subnet of its networks, ours and others'. */
  readonly subnets: readonly { readonly network: string; readonly cidr: string; readonly composeProject?: string }[];
  /** Objects with our label, for finding orphans. */
  readonly owned: readonly {
    readonly kind: "container" | "network" | "volume" | "image";
    readonly id: string;
    readonly name: string;
    readonly home?: string;
    readonly composeProject?: string;
    readonly shared?: boolean;
  }[];
}
