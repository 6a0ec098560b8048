import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stat } from "node:fs/promises";
import { BaseCode, CiloError, type RunResult, isCiloError, isErrno, mapLimit, run } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { ComposeDocument, IsolatedSpec } from "../isolation/isolated-spec.ts";
import { attachCp, attachExec, attachLogs } from "./compose-attach.ts";
import { childEnvironment } from "./compose/child-environment.ts";
import { composeVariables, renderComposeFile } from "./compose/compose-file.ts";
import { composeFailure } from "./compose/failures.ts";
import { followCreations } from "./compose/creations.ts";
import { composeArguments, endProcesses } from "./compose/processes.ts";
import { composeVersion } from "./compose/program.ts";
import type { EngineClient } from "./engine/client.ts";
import type { EngineEndpoint } from "./engine/endpoint.ts";
import { connectContainer, disconnectContainer } from "./engine/connect.ts";
import { listContainers, readStatus } from "./engine/containers.ts";
import { readEvents } from "./engine/events.ts";
import { untilQuiet } from "./engine/quiet.ts";
import { readImage } from "./engine/image.ts";
import { removeProject } from "./engine/removal.ts";
import { noteAnonymousVolumes } from "./engine/anonymous-volumes.ts";
import { ComposeLabel } from "./engine/labels.ts";
import type { ListedContainer } from "./engine/responses.ts";
import { removeStaleNetworks } from "./engine/stale-networks.ts";
import { survey } from "./engine/survey.ts";
import { tagImage } from "./engine/tag.ts";
import { tailLogs } from "./engine/tail.ts";
import type { Healthchecks } from "./podman/healthchecks.ts";
import type {
  BuildOptions,
  Runtime,
  RuntimeAction,
  RuntimeEvent,
  RuntimeInfo,
  RuntimeStatus,
  RuntimeTarget,
  StatusFilter,
  UpOptions,
} from "./runtime.ts";

/** What differs between engines that Compose drives through a Docker-compatible socket. */
export interface ComposeEngine {
  readonly name: string;
  /** What every network of an environment is made with, so that no other reaches it. */
  readonly networkOptions?: Readonly<Record<string, string>>;
  /** The engine's command-line program, for `exec` and `cp`. */
  readonly program: string;
  /** The caller's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What its programs and Compose are told on top of it. */
  variables?(endpoint: EngineEndpoint): Readonly<Record<string, string>>;
  /** @throws CiloError `ENGINE_UNREACHABLE`, `ENGINE_MISSING` */
  connect(options: { readonly signal: AbortSignal }): Promise<EngineClient>;
  /** The Compose program's file. @throws CiloError `COMPOSE_MISSING` */
  findCompose(options: { readonly signal: AbortSignal }): Promise<string>;
  /** The document as this engine must get it to do what it says; absent: as it is. */
  adapt?(document: ComposeDocument): ComposeDocument;
  /** Where the engine runs no healthchecks by itself. */
  readonly healthchecks?: Healthchecks;
}

interface Options {
  readonly signal: AbortSignal;
}

/**
 * A runtime of Compose and the engine's socket: Compose makes and changes containers; what is only read, and what is
 * removed, goes over the socket, without a process. Nothing is looked for before it is needed.
 */
export function createComposeRuntime(engine: ComposeEngine): Runtime {
  const parts = findOnce(engine);
  return {
    name: engine.name,
    ...(engine.networkOptions === undefined ? {} : { networkOptions: engine.networkOptions }),
    up: (target, spec, options) => up(parts, { target, spec, options }),
    build: (target, services, options) => build(parts, { target, services }, options),
    image: async (reference, options) => await readImage(await parts.client(options), reference, options),
    program: async (options) => ({
      file: engine.program,
      env: engineVariables(engine, (await parts.client(options)).endpoint),
    }),
    down: (target, options) => down(parts, target, options),
    destroy: (composeProject, options) => destroy(parts, composeProject, options),
    status: (filter, options) => status(parts, filter, options),
    events: (composeProject, options) => events(parts, composeProject, options),
    connect: async (request, options) => await connectContainer(await parts.client(options), request, options),
    restart: (target, services, options) => restart(parts, { target, services }, options),
    disconnect: async (request, options) => await disconnectContainer(await parts.client(options), request, options),
    tag: async (request, options) => await tagImage(await parts.client(options), request, options),
    tail: async (request, options) => await tailLogs(await parts.client(options), request, options),
    attach: (target, action, options) => attachTo(parts, { target, action }, options),
    inspect: (options) => inspect(parts, options),
  };
}

interface Parts {
  readonly engine: ComposeEngine;
  /** Compose projects whose last `up` was cut off while the engine was making something. */
  readonly cutOff: Set<string>;
  client(options: Options): Promise<EngineClient>;
  compose(options: Options): Promise<string>;
}

/** Both are found at the first need; a failure is not remembered, so that a later call may find them. */
function findOnce(engine: ComposeEngine): Parts {
  let client: EngineClient | undefined;
  let compose: string | undefined;
  return {
    engine,
    cutOff: new Set(),
    client: async (options) => (client ??= await engine.connect(options)),
    compose: async (options) => (compose ??= await engine.findCompose(options)),
  };
}

/**
 * What every change begins with: no Compose of an earlier one runs any more, and nothing that it had asked of the
 * engine is still to come.
 */
async function settle(parts: Parts, composeProject: string, { signal }: Options): Promise<EngineClient> {
  const [client, ended] = await Promise.all([parts.client({ signal }), endProcesses(composeProject, { signal })]);
  if (ended || parts.cutOff.has(composeProject)) await untilQuiet(client, composeProject, { signal });
  parts.cutOff.delete(composeProject);
  return client;
}

/** Every exit status is an answer here; {@link composeFailure} reads the output. */
const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);

async function up(
  parts: Parts,
  { target, spec, options }: { target: RuntimeTarget; spec: IsolatedSpec; options: UpOptions },
): Promise<void> {
  const { signal, onProgress } = options;
  const { composeProject } = target;
  const [client, program] = await Promise.all([settle(parts, composeProject, { signal }), parts.compose({ signal })]);
  const moved = await prepare(client, { composeProject, document: spec.document }, { signal });
  const creations = followCreations();
  const onLine = (line: string): void => {
    creations.onLine(line);
    reportLine(line, onProgress);
  };
  // What the engine refused is one of those that stay open; cut off from outside, it may be making all of them.
  let refused = 0;
  await using _ = keepChecking(parts, client, composeProject);
  try {
    const recreate = options.recreate || moved;
    const { composeFile, input } = adapted(parts.engine, target, spec);
    const args = [...composeArguments(composeProject, composeFile), ...upArguments({ ...options, recreate })];
    const env = variables(parts, target, client.endpoint);
    const result = await runUp(() => run(program, args, { signal, env, expect: ANY_STATUS, onLine, ...input }));
    if (result.exitCode === 0) return;
    refused = result.exitCode < CUT_OFF_STATUS ? 1 : 0;
    throw composeFailure({ ...result, status: result.exitCode }, (container) => serviceOfContainer(spec, container));
  } finally {
    if (creations.open() > refused) parts.cutOff.add(composeProject);
  }
}

/**
 * Podman gives up a network when an interface of anybody's goes away while it looks at them all. Nothing is wrong then,
 * and what was made already is found by the next try.
 */
const PASSING = /route ip\+net: no such network interface/u;
const MAX_TRIES = 5;

async function runUp(attempt: () => Promise<RunResult>): Promise<RunResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await attempt();
    if (result.exitCode === 0 || tries >= MAX_TRIES || !PASSING.test(result.stderr)) return result;
  }
}

/** The Compose file, or what Compose reads in its place. */
function adapted(
  engine: ComposeEngine,
  { composeFile }: RuntimeTarget,
  { document }: IsolatedSpec,
): { readonly composeFile: string; readonly input?: { readonly input: string } } {
  return engine.adapt === undefined
    ? { composeFile }
    : { composeFile: "-", input: { input: renderComposeFile(withDockerfiles(engine.adapt(document), composeFile)) } };
}

/** The classic builder reads no inline Dockerfile: each is written beside the Compose file. */
function withDockerfiles(document: IsolatedSpec["document"], composeFile: string): IsolatedSpec["document"] {
  const services = Object.entries(document.services).map(([name, service]) => {
    const { dockerfile_inline: text, ...build } = service.build ?? {};
    if (text === undefined) return [name, service] as const;
    const dockerfile = join(dirname(composeFile), `${name}.Dockerfile`);
    writeFileSync(dockerfile, text, { mode: 0o600 });
    return [name, { ...service, build: { ...build, dockerfile } }] as const;
  });
  return { ...document, services: Object.fromEntries(services) };
}

/** Does what Compose leaves undone when containers and networks change; answers whether it must recreate containers. */
async function prepare(
  client: EngineClient,
  { composeProject, document }: { composeProject: string; document: IsolatedSpec["document"] },
  { signal }: Options,
): Promise<boolean> {
  const containers = await listContainers(client, [`${ComposeLabel.project}=${composeProject}`], { signal });
  await noteAnonymousVolumes(client, { composeProject, containers }, { signal });
  await requireMounts(client.endpoint, document);
  await resume(client, containers, { signal });
  return await removeStaleNetworks(client, { composeProject, containers, document }, { signal });
}

/** Podman makes what is not there, as a folder; Docker refuses. */
async function requireMounts(endpoint: EngineEndpoint, { services }: IsolatedSpec["document"]): Promise<void> {
  // Elsewhere, and in the virtual machine of a Docker Desktop, paths are others.
  if (endpoint.kind !== "unix" || process.platform !== "linux") return;
  for (const { type, source, bind } of Object.values(services).flatMap((service) => service.volumes ?? [])) {
    if (type !== "bind" || source === undefined || bind?.["create_host_path"] === true) continue;
    if (await exists(source)) continue;
    throw new CiloError(EngineCode.engineFailed, `there is no ${source} to mount`, {
      hint: "Make it, or take the mount out of the Compose file",
    });
  }
}

/** What somebody paused runs again: Compose refuses to start it, and a paused healthcheck never ends. */
async function resume(
  client: EngineClient,
  containers: readonly ListedContainer[],
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const paused = containers.filter((container) => container.State === "paused");
  await mapLimit(paused, { limit: 8, signal }, ({ Id }) =>
    // Resumed, or gone, meanwhile.
    client.call("POST", `/containers/${Id}/unpause`, { signal, expect: [404, 409, 500] }),
  );
}

/** Compose ends with 130 when a signal stops it; `run` answers 128 when one killed it. */
const CUT_OFF_STATUS = 128;

function upArguments({ build, recreate, createOnly }: UpOptions): string[] {
  return [
    "up",
    createOnly === true ? "--no-start" : "--detach",
    "--remove-orphans",
    ...(build ? ["--build"] : []),
    ...(recreate ? ["--force-recreate"] : []),
  ];
}

async function build(
  parts: Parts,
  { target, services }: { target: RuntimeTarget; services: readonly string[] },
  { signal, onProgress }: BuildOptions,
): Promise<void> {
  const [{ endpoint }, program] = await Promise.all([parts.client({ signal }), parts.compose({ signal })]);
  const args = [...composeArguments(target.composeProject, target.composeFile), "build", "--", ...services];
  const env = variables(parts, target, endpoint);
  const onLine = (line: string): void => reportLine(line, onProgress);
  const result = await run(program, args, { signal, env, expect: ANY_STATUS, onLine });
  if (result.exitCode !== 0) throw composeFailure({ ...result, status: result.exitCode }, (container) => container);
}

function reportLine(line: string, onProgress: UpOptions["onProgress"]): void {
  const text = line.trim();
  if (text !== "" && !text.startsWith("time=")) onProgress?.(text);
}

function serviceOfContainer(spec: IsolatedSpec, container: string): string {
  const named = Object.entries(spec.document.services).find(([, service]) => service.container_name === container);
  if (named !== undefined) return named[0];
  const prefix = `${spec.composeProject}-`;
  return container.startsWith(prefix) ? container.slice(prefix.length).replace(/-\d+$/u, "") : container;
}

async function restart(
  parts: Parts,
  { target, services }: { target: RuntimeTarget; services: readonly string[] },
  { signal }: Options,
): Promise<void> {
  const [{ endpoint }, program] = await Promise.all([parts.client({ signal }), parts.compose({ signal })]);
  const args = [...composeArguments(target.composeProject, target.composeFile), "restart", "--no-deps"];
  await run(program, [...args, "--", ...services], { signal, env: variables(parts, target, endpoint) });
}

/** Compose stops (in the order of dependencies, with `pre_stop` hooks) where it can; what then runs is stopped by the engine. */
async function down(parts: Parts, target: RuntimeTarget, { signal }: Options): Promise<void> {
  const client = await settle(parts, target.composeProject, { signal });
  if (await isFile(target.composeFile)) {
    const args = [...composeArguments(target.composeProject, target.composeFile), "stop"];
    const env = variables(parts, target, client.endpoint);
    await run(await parts.compose({ signal }), args, { signal, env, expect: ANY_STATUS });
  }
  await removeProject(client, target.composeProject, { kind: "keep-data", program: parts.engine.name, signal });
}

async function destroy(parts: Parts, composeProject: string, { signal }: Options): Promise<void> {
  const client = await settle(parts, composeProject, { signal });
  await removeProject(client, composeProject, { kind: "everything", program: parts.engine.name, signal });
}

async function* events(
  parts: Parts,
  composeProject: string,
  options: Options & { ready?: () => void },
): AsyncGenerator<RuntimeEvent> {
  if (options.signal.aborted) return;
  const client = await parts.client(options);
  await using _ = keepChecking(parts, client, composeProject);
  yield* readEvents(client, composeProject, options);
}

/** Runs the project's healthchecks, where the engine does not, until disposed. */
function keepChecking({ engine }: Parts, client: EngineClient, composeProject: string): AsyncDisposable {
  const stop = new AbortController();
  const checking = engine.healthchecks?.keep(client, composeProject, stop);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await checking;
    },
  };
}

async function status(parts: Parts, filter: StatusFilter, options: Options): Promise<RuntimeStatus> {
  const client = await parts.client(options);
  const { composeProject } = filter;
  if (composeProject !== undefined) await parts.engine.healthchecks?.catchUp(client, composeProject, options);
  return await readStatus(client, filter, options);
}

async function inspect(
  parts: Parts,
  { signal, composeVersion: isAsked = false }: Options & { composeVersion?: boolean },
): Promise<RuntimeInfo> {
  const client = await parts.client({ signal });
  const [surveyed, version] = await Promise.all([
    survey(client, { signal }),
    isAsked ? versionOfCompose(parts, { signal }) : undefined,
  ]);
  return { ...surveyed, ...(version === undefined ? {} : { composeVersion: version }) };
}

async function versionOfCompose(parts: Parts, { signal }: Options): Promise<string> {
  try {
    return await composeVersion(await parts.compose({ signal }), { env: parts.engine.env, signal });
  } catch (error) {
    if (isCiloError(error, EngineCode.composeMissing, BaseCode.commandFailed)) return "";
    throw error;
  }
}

async function attachTo(
  parts: Parts,
  { target, action }: { target: RuntimeTarget; action: RuntimeAction },
  { signal }: Options,
): Promise<number> {
  const client = await parts.client({ signal });
  const env = variables(parts, target, client.endpoint);
  if (action.kind === "logs")
    return await attachLogs(await parts.compose({ signal }), { target, action }, { signal, env });
  const { environments } = await readStatus(client, { composeProject: target.composeProject }, { signal });
  const containers = environments.get(target.composeProject) ?? [];
  return action.kind === "exec"
    ? await attachExec(parts.engine.program, { containers, action }, { signal, env })
    : await attachCp(parts.engine.program, { containers, action }, { signal, env });
}

/** The environment of the engine's programs. */
function engineVariables(engine: ComposeEngine, endpoint: EngineEndpoint): Record<string, string | undefined> {
  return { ...childEnvironment(engine.env, endpoint), ...engine.variables?.(endpoint) };
}

/** The same for a target. */
function variables(
  { engine }: Parts,
  target: RuntimeTarget,
  endpoint: EngineEndpoint,
): Record<string, string | undefined> {
  return { ...engineVariables(engine, endpoint), ...composeVariables(target.env) };
}

/** Also what may not be looked at, which is the engine's to say. */
async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: unknown) => !isErrno(error, "ENOENT", "ENOTDIR"),
  );
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
