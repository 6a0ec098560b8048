import type { Clock } from "@cilo/base";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { EnvironmentSpec } from "../spec/spec.ts";
import type { Parser } from "../parsers/parser.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Home } from "./home.ts";
import type { Addresses, Names } from "./ports.ts";
import type { Workspaces } from "./workspaces.ts";

/** Everything the lifecycle needs from outside; `main.ts` of `cli` and `agent` builds it. */
export interface EnvironmentsDeps {
  /** From `openHome`. */
  readonly home: Home;
  /** The engine of that name. @throws CiloError for a name nobody knows */
  readonly runtimes: (name: string) => Runtime;
  /** The engine that is used where neither the request nor the config names one. */
  readonly defaultRuntime: (options: { readonly signal: AbortSignal }) => Promise<string>;
  /** In the order they are tried. */
  readonly parsers: readonly Parser[];
  readonly addresses: Addresses;
  readonly names: Names;
  readonly clock: Clock;
  /** The process's variables: interpolation, `secrets:` from variables, and hooks see them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly consent: Consent;
  /** Suffix where the config names none, with the leading dot. */
  readonly defaultSuffix: string;
  /** Suffixes that `cilo init` registered; others are refused. The default one always counts. */
  readonly registeredSuffixes?: readonly string[];
  /** Sees to it that `reapShared(composeProject)` is called after that time, also when this process has ended by then. */
  readonly scheduleReap: (composeProject: string, afterMs: number) => Promise<void>;
  /** How new environments' services are reached from the host. Default `auto`: by loopback where containers cannot be. */
  readonly addressing?: Addressing;
  /** Default: the real file system. */
  readonly workspaces?: Workspaces;
  /** Set where projects are other people's: on a machine of a server. */
  readonly guard?: Guard;
}

/** With a guard, no file outside of a project's own folder is read while it is parsed, on no way that a link leads. */
export interface Guard {
  /**
   * Answers the environment as it may run, before anything of it is built or started.
   * @throws CiloError when it may not
   */
  admit(
    asked: { readonly spec: EnvironmentSpec; readonly isolated: IsolatedSpec; readonly workspace: string },
    options: { readonly signal: AbortSignal },
  ): Promise<IsolatedSpec>;
}

export type Addressing = "auto" | "direct" | "loopback";

/** Asks the user for a word that cannot be assumed. */
export interface Consent {
  /** True only when the user allowed exactly this. `undefined`: nobody can be asked (no terminal). */
  allow(request: ConsentRequest): Promise<boolean | undefined>;
}

export interface ConsentRequest {
  /** Why it is asked: the project folder whose `.cilo/config.yml` names the hook. */
  readonly project: string;
  /** The command line that would run on the host. */
  readonly command: string;
  /** Files of the project that the command names; their content is part of what is allowed. */
  readonly files: readonly string[];
}
