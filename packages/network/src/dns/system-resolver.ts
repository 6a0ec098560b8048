import { ensureForwarder, isForwarderRight } from "./forwarder.ts";
import { type InitResult, type UndoResult, initResolver, undoResolver, usedResolver } from "./init.ts";
import type { ResolverKind, ResolverSettings } from "./resolver.ts";
import { readSaved } from "./saved-files.ts";
import { type SystemAccess, thisSystem } from "./system-access.ts";
import { checkName } from "./zone.ts";

export interface ResolverSetupOptions {
  /** `CILO_HOME/dns` */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Default: this machine. */
  readonly system?: SystemAccess;
  /** Default 53. */
  readonly forwarderPort?: number;
}

/** The way from any program of this machine to our dnsmasq. */
export interface ResolverSetup {
  /**
   * Points the system at our dnsmasq, which must answer already, for the suffixes alone. Again is no failure.
   * @throws CiloError `NEEDS_ROOT`, `DNS_PORT_TAKEN`, `RESOLVER_UNSUPPORTED`; then nothing is changed
   */
  init(settings: ResolverSettings, options: { signal: AbortSignal }): Promise<InitResult>;
  /** Puts back exactly what was there. Again is no failure. @throws CiloError `NEEDS_ROOT` */
  undo(options: { signal: AbortSignal }): Promise<UndoResult>;
  status(suffixes: readonly string[], options: { signal: AbortSignal }): Promise<ResolverStatus>;
  /** Starts our forwarder on port 53, where one is in use and does not run. @throws CiloError `NEEDS_ROOT` */
  ensureForwarder(options: { signal: AbortSignal }): Promise<void>;
}

export interface ResolverStatus {
  /** How this system looks names up; absent where Cilo does not know. */
  readonly kind?: ResolverKind;
  /** `cilo init` has set it up. */
  readonly isSetUp: boolean;
  /** Files we wrote that somebody changed since. */
  readonly changedFiles: readonly string[];
  /** Our forwarder on port 53 answers; true where none is in use. */
  readonly forwarderAnswers: boolean;
  /** Suffixes whose names a program of this machine finds. */
  readonly found: readonly string[];
}

export function createResolverSetup(options: ResolverSetupOptions): ResolverSetup {
  const { dir, env, platform = process.platform, forwarderPort = 53 } = options;
  const system = options.system ?? thisSystem({ platform, env });
  const common = { dir, env, platform, system, forwarderPort };
  return {
    init: (settings, { signal }) => initResolver({ ...common, signal }, settings),
    undo: ({ signal }) => undoResolver({ ...common, signal }),
    ensureForwarder: ({ signal }) => ensureForwarder(dir, { env, platform, signal }),
    async status(suffixes, { signal }) {
      const saved = await readSaved(dir);
      const resolver = await usedResolver({ ...common, signal });
      const current = await Promise.all((saved?.files ?? []).map((file) => system.read(file.path)));
      const changed = (saved?.files ?? []).filter((file, index) => current[index] !== file.written);
      const answers = await Promise.all(suffixes.map((suffix) => system.lookup(checkName(suffix))));
      return {
        ...(resolver === undefined ? {} : { kind: resolver.kind }),
        isSetUp: saved !== undefined,
        changedFiles: changed.map((file) => file.path),
        forwarderAnswers: await isForwarderRight(dir, signal),
        found: suffixes.filter((_, index) => answers[index] === "127.0.0.1"),
      };
    },
  };
}
