import { stat } from "node:fs/promises";
import { BaseCode, isCiloError, run } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import { attachCp, attachExec, attachLogs } from "./compose-attach.ts";
import { childEnvironment } from "./compose/child-environment.ts";
import { composeVariables } from "./compose/compose-file.ts";
import { composeFailure } from "./compose/failures.ts";
import { composeArguments, settle } from "./compose/processes.ts";
import { composeVersion } from "./compose/program.ts";
import type { EngineClient } from "./engine/client.ts";
import { connectContainer } from "./engine/connect.ts";
import { readStatus } from "./engine/containers.ts";
import { readEvents } from "./engine/events.ts";
import { removeProject } from "./engine/removal.ts";
import { survey } from "./engine/survey.ts";
import type { Runtime, RuntimeAction, RuntimeEvent, RuntimeInfo, RuntimeTarget, UpOptions } from "./runtime.ts";

/** What differs between engines that Compose drives through a Docker-compatible socket. */
export interface ComposeEngine {
  readonly name: string;
  /** The engine's command-line program, for `exec` and `cp`. */
  readonly program: string;
  /** The caller's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws CiloError `ENGINE_UNREACHABLE`, `ENGINE_MISSING` */
  connect(options: { readonly signal: AbortSignal }): Promise<EngineClient>;
  /** The Compose program's file. @throws CiloError `COMPOSE_MISSING` */
  findCompose(options: { readonly signal: AbortSignal }): Promise<string>;
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
    up: (target, spec, options) => up(parts, { target, spec, options }),
    down: (target, options) => down(parts, target, options),
    destroy: (composeProject, options) => destroy(parts, composeProject, options),
    status: async (filter, options) => await readStatus(await parts.client(options), filter, options),
    events: (composeProject, options) => events(parts, composeProject, options),
    connect: async (request, options) => await connectContainer(await parts.client(options), request, options),
    attach: (target, action, options) => attachTo(parts, { target, action }, options),
    inspect: (options) => inspect(parts, options),
  };
}

interface Parts {
  readonly engine: ComposeEngine;
  client(options: Options): Promise<EngineClient>;
  compose(options: Options): Promise<string>;
}

/** Both are found at the first need; a failure is not remembered, so that a later call may find them. */
function findOnce(engine: ComposeEngine): Parts {
  let client: EngineClient | undefined;
  let compose: string | undefined;
  return {
    engine,
    client: async (options) => (client ??= await engine.connect(options)),
    compose: async (options) => (compose ??= await engine.findCompose(options)),
  };
}

/** Every exit status is an answer here; {@link composeFailure} reads the output. */
const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);

async function up(
  parts: Parts,
  { target, spec, options }: { target: RuntimeTarget; spec: IsolatedSpec; options: UpOptions },
): Promise<void> {
  const { signal, onProgress } = options;
  const [env, program] = await Promise.all([
    variables(parts, target, { signal }),
    parts.compose({ signal }),
    settle(target.composeProject, { signal }),
  ]);
  const args = [...composeArguments(target.composeProject, target.composeFile), ...upArguments(options)];
  const result = await run(program, args, {
    signal,
    env,
    expect: ANY_STATUS,
    ...(onProgress === undefined ? {} : { onLine: (line) => reportLine(line, onProgress) }),
  });
  if (result.exitCode !== 0)
    throw composeFailure({ ...result, status: result.exitCode }, (container) => serviceOfContainer(spec, container));
}

function upArguments({ build, recreate, createOnly }: UpOptions): string[] {
  return [
    "up",
    createOnly === true ? "--no-start" : "--detach",
    "--remove-orphans",
    ...(build ? ["--build"] : []),
    ...(recreate ? ["--force-recreate"] : []),
  ];
}

function reportLine(line: string, onProgress: (line: string) => void): void {
  const text = line.trim();
  if (text !== "" && !text.startsWith("time=")) onProgress(text);
}

function serviceOfContainer(spec: IsolatedSpec, container: string): string {
  const named = Object.entries(spec.document.services).find(([, service]) => service.container_name === container);
  if (named !== undefined) return named[0];
  const prefix = `${spec.composeProject}-`;
  return container.startsWith(prefix) ? container.slice(prefix.length).replace(/-\d+$/u, "") : container;
}

/** Compose stops (in the order of dependencies, with `pre_stop` hooks) where it can; what then runs is stopped by the engine. */
async function down(parts: Parts, target: RuntimeTarget, { signal }: Options): Promise<void> {
  const [client] = await Promise.all([parts.client({ signal }), settle(target.composeProject, { signal })]);
  if (await isFile(target.composeFile)) await stopByCompose(parts, target, { signal });
  await removeProject(client, target.composeProject, { kind: "keep-data", signal });
}

async function stopByCompose(parts: Parts, target: RuntimeTarget, { signal }: Options): Promise<void> {
  const [env, program] = await Promise.all([variables(parts, target, { signal }), parts.compose({ signal })]);
  const args = [...composeArguments(target.composeProject, target.composeFile), "stop"];
  await run(program, args, { signal, env, expect: ANY_STATUS });
}

/** After a Compose that was cut off, the engine may still be making what it had asked for. */
const QUIET_AFTER_KILL_MS = 1000;

async function destroy(parts: Parts, composeProject: string, { signal }: Options): Promise<void> {
  const [client, ended] = await Promise.all([parts.client({ signal }), settle(composeProject, { signal })]);
  await removeProject(client, composeProject, {
    kind: "everything",
    signal,
    ...(ended ? { quietMs: QUIET_AFTER_KILL_MS } : {}),
  });
}

async function* events(
  parts: Parts,
  composeProject: string,
  options: Options & { ready?: () => void },
): AsyncGenerator<RuntimeEvent> {
  if (options.signal.aborted) return;
  yield* readEvents(await parts.client(options), composeProject, options);
}

async function inspect(parts: Parts, { signal }: Options): Promise<RuntimeInfo> {
  const client = await parts.client({ signal });
  const [surveyed, version] = await Promise.all([survey(client, { signal }), versionOfCompose(parts, { signal })]);
  return { ...surveyed, composeVersion: version };
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
  const { program } = parts.engine;
  const env = await variables(parts, target, { signal });
  if (action.kind === "logs")
    return await attachLogs(await parts.compose({ signal }), { target, action }, { signal, env });
  const { environments } = await readStatus(await parts.client({ signal }), target, { signal });
  const containers = environments.get(target.composeProject) ?? [];
  return action.kind === "exec"
    ? await attachExec(program, { containers, action }, { signal, env })
    : await attachCp(program, { containers, action }, { signal, env });
}

/** The environment of Compose for this target. */
async function variables(
  parts: Parts,
  target: RuntimeTarget,
  { signal }: Options,
): Promise<Record<string, string | undefined>> {
  const { endpoint } = await parts.client({ signal });
  return { ...childEnvironment(parts.engine.env, endpoint), ...composeVariables(target.env) };
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
