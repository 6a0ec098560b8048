import type { Change, SyncResult } from "../workspace/workspace.ts";
import type { EnvironmentSpec, Notice } from "../spec/spec.ts";
import type { IsolatedSpec, SharedWithHost } from "../isolation/isolated-spec.ts";
import type { Workbench } from "../spec/workbench.ts";
import type { ContainerStatus } from "../runtimes/runtime.ts";
import type { EnvironmentPaths } from "./home.ts";
import type { EnvironmentOptions, EnvironmentRecord } from "./record.ts";
import type { Endpoint } from "./ports.ts";

/** The life of environments: what `cli` and `agent` call. Built by `createEnvironments` (lifecycle.ts). */
export interface Environments {
  /** Creates what is not there, brings source edits over, starts or updates, waits for health, publishes names. Changes nothing when nothing changed. */
  up(request: UpRequest, context: OperationContext): Promise<UpResult>;
  /** As `up`, but starts nothing: files, addresses and the generated Compose file are there afterwards. */
  create(request: UpRequest, context: OperationContext): Promise<UpResult>;
  /** What `up` would run, without making anything. */
  plan(
    request: UpRequest,
    context: OperationContext,
  ): Promise<{ readonly spec: EnvironmentSpec; readonly isolated: IsolatedSpec }>;
  /** Stops it; data, workspace and addresses stay. */
  down(environment: string, context: OperationContext): Promise<void>;
  /** Removes it without a trace. Works on half-made ones. Without `force` refuses (WOULD_LOSE) when the workspace has edits that are nowhere else. */
  destroy(
    environment: string,
    options: { keepWorkspace: boolean; force: boolean },
    context: OperationContext,
  ): Promise<DestroyResult>;
  /** The record of one environment. @throws CiloError `ENVIRONMENT_NOT_FOUND`, with the nearest name as hint */
  find(environment: string): Promise<Located>;
  /** Every environment of this home with its state, by project and name; one engine call. An unreachable engine gives state `unknown`. */
  list(context: { signal: AbortSignal }): Promise<readonly EnvironmentSummary[]>;
  /** One environment with its services. Where its containers have other addresses than they had, its names are mended. */
  status(environment: string, context: { signal: AbortSignal }): Promise<EnvironmentStatus>;
  /**
   * Runs what the project wants to be run whenever somebody enters its workbench, and answers how that is done. Waits for
   * no other command: one whose `up` hangs can be entered.
   * @returns `undefined` when the project has no workbench
   */
  attach(environment: string, context: OperationContext): Promise<Workbench | undefined>;
  sync(environment: string, options: { dryRun: boolean }, context: OperationContext): Promise<SyncResult>;
  /** Changes of the workspace against the source as it was copied, uncommitted and untracked ones included. */
  changes(environment: string, context: { signal: AbortSignal }): Promise<readonly Change[]>;
  /** Brings the workspace's changes into the source; both-side edits are reported and left. */
  merge(environment: string, options: { dryRun: boolean }, context: OperationContext): Promise<SyncResult>;
  /**
   * Gives a service one more host name, or takes an added one away. It is kept with the environment and answers at once;
   * inside the containers from the next `up` on. The same again changes nothing.
   * @throws CiloError `SERVICE_NOT_FOUND`, `NAME_INVALID`, `NAME_TAKEN`, `HOSTNAME_REFUSED`
   */
  changeHostnames(
    environment: string,
    change: HostnameChange,
    context: { signal: AbortSignal },
  ): Promise<EnvironmentStatus>;
}

export type HostnameChange =
  | { readonly add: { readonly service: string; readonly hostname: string } }
  | { readonly remove: { readonly service: string; readonly hostname: string } };

export interface UpRequest {
  readonly environment: string;
  /** Absolute folder; absent: the environment's own source when it exists, else the current folder (`workingDir`). */
  readonly from?: string;
  readonly workingDir: string;
  /** `undefined` members: as remembered, or as configured. */
  readonly options: Partial<EnvironmentOptions>;
  readonly runtime?: string;
  readonly build: boolean;
  readonly recreate: boolean;
  /** Wait until every service is healthy, or running where it has no healthcheck, or ended with 0 where it runs once. */
  readonly wait: boolean;
  /** How long services may take, from the first container that is touched; pulling and building take what they take. */
  readonly timeoutMs: number;
}

export interface OperationContext {
  readonly signal: AbortSignal;
  /** Progress, in order. Must not throw. */
  readonly onEvent: (event: ProgressEvent) => void;
}

export type ProgressEvent =
  | {
      readonly kind: "phase";
      readonly phase: Phase;
      readonly state: "started" | "done";
      readonly durationMs?: number;
      readonly detail?: string;
    }
  | { readonly kind: "service"; readonly service: string; readonly state: ServiceState }
  | { readonly kind: "engine"; readonly line: string }
  /** What a command of the project wrote. `from` is the command, e.g. `postCreateCommand`. */
  | { readonly kind: "output"; readonly from: string; readonly line: string }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "waiting"; readonly what: string };

export type Phase =
  | "copy"
  | "sync"
  | "hook"
  | "parse"
  | "addresses"
  | "share"
  | "image"
  | "start"
  | "health"
  | "commands"
  | "names"
  | "stop"
  | "remove"
  | "rollback";

export type ServiceState =
  | "starting"
  | "running"
  | "healthy"
  | "unhealthy"
  | "completed"
  | "exited"
  | "stopped"
  | "restarting"
  | "paused";

export interface Located {
  readonly record: EnvironmentRecord;
  readonly paths: EnvironmentPaths;
}

export interface EnvironmentSummary {
  readonly environment: string;
  readonly project: string;
  readonly source: string;
  readonly format: string;
  readonly runtime: string;
  readonly createdAt: string;
  /** `partial`: some services run, or one is unhealthy or paused; `unknown`: the engine does not answer. */
  readonly state: "creating" | "running" | "partial" | "stopped" | "destroying" | "unknown";
  readonly services: { readonly total: number; readonly running: number };
  /** In {@link Environments.list}, of one that is `creating` or `destroying`: no command is at work on it any more. */
  readonly interrupted?: boolean;
}

export interface ServiceStatus {
  readonly service: string;
  readonly label: string;
  readonly state: ServiceState;
  readonly containers: readonly ContainerStatus[];
  readonly endpoint: Endpoint;
  /** Served by a container shared with other environments. */
  readonly shared: boolean;
}

export interface EnvironmentStatus extends EnvironmentSummary {
  readonly suffix: string;
  readonly workspace: string;
  readonly composeProject: string;
  readonly blocks: readonly string[];
  /** Block of loopback addresses that its services are published on; absent: their containers are reached directly. */
  readonly loopback?: string;
  readonly serviceStatus: readonly ServiceStatus[];
  readonly ingress?: string;
  readonly sharedWithHost: readonly SharedWithHost[];
}

export interface UpResult {
  readonly status: EnvironmentStatus;
  /** False when nothing had to be made, changed or started. */
  readonly changed: boolean;
  readonly created: boolean;
  readonly notices: readonly Notice[];
  /** Present when source edits were looked at. */
  readonly sync?: SyncResult;
  /** Milliseconds by phase. */
  readonly timings: Readonly<Partial<Record<Phase, number>>>;
}

export interface DestroyResult {
  readonly environment: string;
  readonly project: string;
  /** Where the workspace was put, with `keepWorkspace`. */
  readonly workspace?: string;
}
