import type { Allocation, EnvironmentIdentity } from "./isolated-spec.ts";

/** What a user or the project's config chose. */
export interface IsolationOptions {
  /** Services that one container serves for all environments of the project, beside those labelled `cilo.share`. */
  readonly share: readonly string[];
  /** Services that are not shared, whatever a label or `share` says. */
  readonly isolate: readonly string[];
  /** External networks and volumes, by key or by name at the engine, that stay the engine's own. */
  readonly keepExternal: readonly string[];
  /** Service → containers wanted; beats what the project says. */
  readonly scale: Readonly<Record<string, number>>;
  /** The service that gets the apex name. */
  readonly ingress?: string;
  /** Service → whole host names, beside those of the label `cilo.hostnames`. */
  readonly hostnames: Readonly<Record<string, readonly string[]>>;
}

/** What {@link isolate} needs beside the spec. */
export interface IsolationInput {
  readonly identity: EnvironmentIdentity;
  readonly allocation: Allocation;
  /** Absolute folder that was copied; the spec's paths are in terms of it. */
  readonly sourceRoot: string;
  /** Absolute folder the copy is in. */
  readonly workspaceRoot: string;
  readonly options: IsolationOptions;
  /** Driver options that every network of the environment's own is made with, for engines that separate networks only so. */
  readonly networkOptions?: Readonly<Record<string, string>>;
  /** The host's own view: the path with symbolic links resolved as far as it exists. No mapping between source and copy. */
  readonly realPath: (path: string) => string;
}

/** What is known before the environment has addresses. */
export type PlanInput = Omit<IsolationInput, "allocation">;
