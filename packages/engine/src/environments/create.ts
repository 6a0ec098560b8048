import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { apply } from "./apply.ts";
import { readProjectConfig } from "./config-file.ts";
import type { ProjectConfig } from "./config.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { readDesired } from "./desired.ts";
import type { Located, OperationContext, UpRequest, UpResult } from "./environments.ts";
import { type Filling, fillWorkspace, rememberGenerated } from "./fill-workspace.ts";
import { allowedHook } from "./hook-consent.ts";
import type { Operation } from "./operation.ts";
import { DEFAULT_OPTIONS, chooseSuffix, mergeOptions } from "./options.ts";
import { type Project, parseProject, projectLabel } from "./project.ts";
import type { EnvironmentOptions, EnvironmentRecord } from "./record.ts";
import type { RuntimeInfo } from "../runtimes/runtime.ts";
import { saveRecord } from "./records.ts";
import { removeDebris, removeEnvironment } from "./remove.ts";
import { sourceProjectDir, confinedTo } from "./source.ts";
import { upResult } from "./up-result.ts";
import type { UpMode } from "./up.ts";
import { type Work, cleanUpWork, createWork } from "./work.ts";
import { allowHostCommand, runHostCommand } from "./workbench/host-command.ts";
import { prepareWorkbench } from "./workbench/prepare.ts";
import { runWorkbench } from "./workbench/run.ts";
import type { SourceLocation } from "./workspaces.ts";

/** How long undoing a creation may take, whatever ended it. */
const ROLL_BACK_MS = 60_000;

/**
 * Makes an environment that is not there. Everything that can be refused is so before anything is made; a failure or
 * an abort after that removes all of it again.
 */
export async function createEnvironment(
  deps: EnvironmentsDeps,
  asked: { readonly request: UpRequest & UpMode; readonly source: SourceLocation; readonly operation: Operation },
  context: OperationContext,
): Promise<UpResult> {
  const { request, source, operation } = asked;
  const config = await readProjectConfig(sourceProjectDir(source), confinedTo(deps, source.sourceRoot));
  const runtime = request.runtime ?? config.runtime ?? (await deps.defaultRuntime(context));
  const work = createWork(deps, { runtime, operation, context });
  const options = mergeOptions(DEFAULT_OPTIONS, request.options);
  const suffix = chooseSuffix(config, deps);
  const hook = await allowedHook(deps, config, sourceProjectDir(source));
  const hasHostCommand = await allowedHostCommand(deps, { source, config, options });
  const mayBeMended = hasHostCommand || isMadeLater(config);
  const { project, info } = await work.progress.phase("parse", () =>
    parseAndAsk(work, { source, config, options, mayBeMended }),
  );
  const record: EnvironmentRecord = {
    version: 1,
    project: projectLabel(config, project?.spec.name ?? nameOfFolder(source)),
    environment: request.environment,
    phase: "creating",
    ...source,
    format: project?.parser.format ?? options.format ?? "",
    runtime,
    suffix,
    createdAt: new Date(deps.clock.now()).toISOString(),
    options,
  };
  const located = await claim(deps, record, context.signal);
  const made = await orRollBack(work, located, () =>
    finish(work, { located, request, info, filling: { config, hook } }),
  );
  if ("failure" in made) throw made.failure;
  return made.result;
}

async function orRollBack<T>(work: Work, located: Located, making: () => Promise<T>): Promise<T> {
  try {
    return await making();
  } catch (error) {
    await rollBack(work, located, error);
    throw withoutLogs(error, located.record.environment);
  }
}

/** The project's command for the host, where it can be read yet and has one. */
async function allowedHostCommand(
  deps: EnvironmentsDeps,
  asked: { source: SourceLocation; config: ProjectConfig; options: EnvironmentOptions },
): Promise<boolean> {
  try {
    return await allowHostCommand(deps, asked);
  } catch (error) {
    if (isMadeLater(asked.config) && isCiloError(error, EngineCode.projectInvalid, EngineCode.fileNotFound))
      return false;
    throw error;
  }
}

/** A hook or a rendered file may yet make the project right. */
function isMadeLater({ env }: ProjectConfig): boolean {
  return env.initHook !== undefined || env.render.length > 0;
}

interface EarlyRequest {
  readonly source: SourceLocation;
  readonly config: ProjectConfig;
  readonly options: EnvironmentOptions;
  /** What runs later on may make the project right. */
  readonly mayBeMended: boolean;
}

/** Parses the project while the engine is asked what it has: one that does not answer is known before anything is made. */
async function parseAndAsk(
  work: Work,
  request: EarlyRequest,
): Promise<{ readonly project: Project | undefined; readonly info: RuntimeInfo }> {
  const asking = work.runtime.inspect({ signal: work.context.signal });
  const [project, info] = await Promise.allSettled([parseEarly(work.deps, request), asking]);
  if (project.status === "rejected") throw project.reason;
  if (info.status === "rejected") throw info.reason;
  return { project: project.value, info: info.value };
}

/**
 * The project as it is in the source, so that one that is wrong is refused before it is copied. `undefined` where a
 * hook, a command for the host or a rendered file may yet make it right.
 */
async function parseEarly(deps: EnvironmentsDeps, request: EarlyRequest): Promise<Project | undefined> {
  const { source, config, options, mayBeMended } = request;
  try {
    return parseProject(deps, { location: source, config, options });
  } catch (error) {
    if (mayBeMended && isCiloError(error, EngineCode.projectInvalid, EngineCode.fileNotFound)) return undefined;
    throw error;
  }
}

function nameOfFolder(source: SourceLocation): string {
  return sourceProjectDir(source).split("/").at(-1) ?? "";
}

/** The record is the first thing of an environment and the last. */
async function claim(deps: EnvironmentsDeps, record: EnvironmentRecord, signal: AbortSignal): Promise<Located> {
  try {
    return await saveRecord(deps.home, record);
  } catch (error) {
    await removeDebris(deps, record.environment, { signal });
    throw error;
  }
}

/** `failure`: the environment is there, and stays. */
type Made = { readonly result: UpResult } | { readonly failure: unknown };

/** A command of the project that fails in its container takes nothing back: the next `up` goes on there. */
async function workbenchFailure(work: Work, made: Parameters<typeof runWorkbench>[1]): Promise<unknown> {
  if (made.isolated.workbench === undefined) return undefined;
  try {
    await runWorkbench(work, made);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function finish(
  work: Work,
  made: {
    readonly located: Located;
    readonly request: UpRequest & UpMode;
    readonly info: RuntimeInfo;
    readonly filling: Filling;
  },
): Promise<Made> {
  const { request, info, filling } = made;
  await fillWorkspace(work, made.located, filling);
  if (await runHostCommand(work, made.located)) await rememberGenerated(work, made.located, filling.config);
  const read = await work.progress.phase("parse", () => readDesired(work.deps, made.located));
  const preparation = { located: made.located, desired: read, build: request.build, unapplied: [], edits: [] };
  const desired = request.startNothing ? read : await prepareWorkbench(work, preparation);
  const located = withFormat(made.located, desired.project.parser.format);
  const result = await apply(work, { ...request, info, located, desired, unapplied: [], edits: [] });
  const ready = await saveRecord(work.deps.home, { ...result.located.record, phase: "ready" });
  const failure = await workbenchFailure(work, { ...result, located: ready, request });
  if (failure !== undefined) return { failure };
  const hasSteps = (result.isolated.workbench?.steps.length ?? 0) > 0;
  if (hasSteps) await rememberGenerated(work, made.located, filling.config);
  return { result: await upResult(work, { ...result, located: ready }, { desired, created: true }) };
}

/** After the roll-back there are no logs to look at. */
function withoutLogs(error: unknown, environment: string): unknown {
  if (!isCiloError(error, EngineCode.serviceExited, EngineCode.serviceUnhealthy)) return error;
  return new CiloError(error.code, error.message, {
    cause: error,
    hint: `To look into it, bring it up without waiting: cilo up ${environment} --no-wait`,
  });
}

function withFormat(located: Located, format: string): Located {
  return { ...located, record: { ...located.record, format } };
}

async function rollBack(work: Work, located: Located, reason: unknown): Promise<void> {
  try {
    await work.progress.phase("rollback", () => removeEnvironment(cleanUpWork(work, ROLL_BACK_MS), located));
  } catch (error) {
    const why = error instanceof CiloError ? error.message : String(error);
    work.notify({
      code: "rollback-failed",
      message: `not everything of ${located.record.environment} could be removed: ${why}; run cilo destroy ${located.record.environment}`,
    });
    if (!(error instanceof CiloError))
      throw new AggregateError([reason, error], "rolling back failed", { cause: error });
  }
}
