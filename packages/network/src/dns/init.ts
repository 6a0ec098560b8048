import { mkdir } from "node:fs/promises";
import { CiloError, poll, isCiloError } from "@cilo/base";
import { NetworkCode } from "../errors.ts";
import { giveFolderToInvokingUser } from "../owner.ts";
import type { ProcessContext } from "./instance.ts";
import { isForwarderRight, startForwarder, stopForwarder } from "./forwarder.ts";
import type { ResolverKind, ResolverSettings, SystemResolver } from "./resolver.ts";
import { macos } from "./resolvers/macos.ts";
import { networkManager } from "./resolvers/networkmanager.ts";
import { resolvConf } from "./resolvers/resolv-conf.ts";
import { systemdResolved } from "./resolvers/systemd-resolved.ts";
import {
  type Restored,
  checkWritable,
  dropSaved,
  planFile,
  readSaved,
  restoreFile,
  writeFile,
  writeSaved,
} from "./saved-files.ts";
import type { SystemAccess } from "./system-access.ts";
import { checkName } from "./zone.ts";

/** Asked in this order; the last one is used when no other is. */
const RESOLVERS: readonly SystemResolver[] = [macos, systemdResolved, networkManager, resolvConf];

export interface ResolverOptions extends ProcessContext {
  /** `CILO_HOME/dns` */
  readonly dir: string;
  readonly system: SystemAccess;
  /** Port of our forwarder, for ways that need one. Default 53. */
  readonly forwarderPort?: number;
}

export interface InitResult {
  readonly kind: ResolverKind;
  /** False when all was so already. */
  readonly changed: boolean;
  /** Paths of the files that are ours or have a part of ours. */
  readonly files: readonly string[];
}

/**
 * Points the system's resolver at our dnsmasq for the suffixes alone, and returns when a lookup through the system
 * finds a name of ours. What was there is saved first; running it again keeps what the first time saved.
 * @throws CiloError `NEEDS_ROOT`, `DNS_PORT_TAKEN`, `RESOLVER_UNSUPPORTED`; then what was there is put back
 */
export async function initResolver(options: ResolverOptions, settings: ResolverSettings): Promise<InitResult> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const resolver = await knownResolver(options);
  const before = await readSaved(options.dir);
  if (before !== undefined && before.kind !== resolver.kind) await undoResolver(options);
  try {
    const changed = await apply(resolver, options, settings);
    await verify(resolver, options, settings);
    return {
      kind: resolver.kind,
      changed,
      files: (await resolver.edits(options.system, settings, options.signal)).map((edit) => edit.path),
    };
  } catch (error) {
    if (before === undefined) await undoResolver({ ...options, signal: AbortSignal.timeout(30_000) });
    throw error;
  } finally {
    await giveFolderToInvokingUser(options.dir, options.env);
  }
}

/** How the system looks names up, or `undefined` when that is none of the ways we know. */
export async function usedResolver(options: ResolverOptions): Promise<SystemResolver | undefined> {
  for (const resolver of RESOLVERS) if (await resolver.isUsed(options.system, options.signal)) return resolver;
  return undefined;
}

async function knownResolver(options: ResolverOptions): Promise<SystemResolver> {
  const resolver = await usedResolver(options);
  if (resolver !== undefined) return resolver;
  throw new CiloError(NetworkCode.resolverUnsupported, `the resolver of ${options.platform} is not known`, {
    hint: "Names answer on 127.0.0.1 at the port of cilo dns status",
  });
}

async function apply(resolver: SystemResolver, options: ResolverOptions, settings: ResolverSettings): Promise<boolean> {
  const { system, dir, signal } = options;
  const before = (await readSaved(dir))?.files ?? [];
  const edits = await resolver.edits(system, settings, signal);
  const files = await Promise.all(
    edits.map((edit) =>
      planFile(
        system,
        edit,
        before.find((file) => file.path === edit.path),
      ),
    ),
  );
  const dropped = before.filter((file) => !files.some(({ path }) => path === file.path));
  await checkWritable(system, [...files, ...dropped]);
  await writeSaved(dir, { version: 1, kind: resolver.kind, files: [...files, ...dropped] });
  const original = files[0]?.original?.text ?? "";
  const needsForwarder = resolver.forwardTo !== undefined;
  const wasRight = await isForwarderRight(dir, signal);
  if (resolver.forwardTo !== undefined)
    await startForwarder(
      dir,
      {
        port: options.forwarderPort ?? 53,
        dnsPort: settings.dnsPort,
        suffixes: [...settings.suffixes],
        upstream: [...resolver.forwardTo(original)],
      },
      options,
    );
  for (const file of dropped) await restoreFile(system, file);
  let changed = dropped.length > 0 || (needsForwarder && !wasRight);
  for (const file of files) changed = (await writeFile(system, file)) || changed;
  await writeSaved(dir, { version: 1, kind: resolver.kind, files });
  if (changed) await resolver.activate({ system, signal, paths: files.map((file) => file.path) });
  return changed;
}

export interface UndoResult {
  /** Absent when nothing was set up. */
  readonly kind?: string;
  readonly files: readonly { readonly path: string; readonly result: Restored }[];
  /** What the system did not take up: one line each. */
  readonly problems: readonly string[];
}

/** Puts back what {@link initResolver} found. Of a file that somebody changed since only our part is removed. Twice is no failure. */
export async function undoResolver(options: ResolverOptions): Promise<UndoResult> {
  const { system, dir, signal } = options;
  const saved = await readSaved(dir);
  if (saved === undefined) return { files: [], problems: [] };
  await checkWritable(system, saved.files);
  const resolver = RESOLVERS.find(({ kind }) => kind === saved.kind);
  const change = { system, signal, paths: saved.files.map((file) => file.path) };
  const problems: CiloError[] = [];
  // What does not end cannot keep the files from being put back.
  const attempt = async (step: Promise<void> | undefined): Promise<void> => {
    try {
      await step;
    } catch (error) {
      if (!isCiloError(error, NetworkCode.resolverUnsupported)) throw error;
      problems.push(error);
    }
  };
  await attempt(resolver?.deactivate?.(change));
  const files: { path: string; result: Restored }[] = [];
  for (const file of saved.files) files.push({ path: file.path, result: await restoreFile(system, file) });
  await stopForwarder(dir, options);
  if (files.some((file) => file.result !== "unchanged")) await attempt(resolver?.afterUndo(change));
  await dropSaved(dir);
  return { kind: saved.kind, files, problems: problems.map((problem) => problem.message) };
}

/** A name under each suffix that our dnsmasq always answers, looked up as any program would. */
async function verify(resolver: SystemResolver, options: ResolverOptions, settings: ResolverSettings): Promise<void> {
  for (const suffix of settings.suffixes) {
    const name = checkName(suffix);
    try {
      const isFound = async (): Promise<boolean> => (await options.system.lookup(name)) === "127.0.0.1";
      await poll(isFound, { signal: options.signal, timeoutMs: 10_000, what: `the system to find ${name}` });
    } catch (error) {
      if (!isCiloError(error, "TIMEOUT")) throw error;
      throw new CiloError(
        NetworkCode.resolverUnsupported,
        `this system (${resolver.kind}) does not find ${name} although it was set up to`,
        {
          cause: error,
          hint: "cilo dns status",
        },
      );
    }
  }
}
