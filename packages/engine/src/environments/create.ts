import { CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { apply } from "./apply.ts";
import { readProjectConfig } from "./config-file.ts";
import type { ProjectConfig } from "./config.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { readDesired } from "./desired.ts";
import type { Located, OperationContext, UpRequest, UpResult } from "./environments.ts";
import { type Filling, fillWorkspace } from "./fill-workspace.ts";
import { type Hook, readHook, requireConsent } from "./hook-consent.ts";
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
  const runtime = request.runtime ?? config.runtime ?? deps.defaultRuntime;
  const work = createWork(deps, { runtime, operation, context });
  const options = mergeOptions(DEFAULT_OPTIONS, request.options);
  const suffix = chooseSuffix(config, deps);
  const hook = await allowedHook(deps, source, config);
  const { project, info } = await work.progress.phase("parse", () => parseAndAsk(work, { source, config, options }));
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
  try {
    return await finish(work, { located, request, info, filling: { config, hook } });
  } catch (error) {
    await rollBack(work, located, error);
    throw withoutLogs(error, request.environment);
  }
}

async function allowedHook(
  deps: EnvironmentsDeps,
  source: SourceLocation,
  config: ProjectConfig,
): Promise<Hook | undefined> {
  if (config.env.initHook === undefined) return undefined;
  const project = sourceProjectDir(source);
  const hook = await readHook(config.env.initHook, { project, folder: project });
  await requireConsent(hook, { home: deps.home, consent: deps.consent, project });
  return hook;
}

/** Parses the project while the engine is asked what it has: one that does not answer is known before anything is made. */
async function parseAndAsk(
  work: Work,
  request: { source: SourceLocation; config: ProjectConfig; options: EnvironmentOptions },
): Promise<{ readonly project: Project | undefined; readonly info: RuntimeInfo }> {
  const asking = work.runtime.inspect({ signal: work.context.signal });
  const [project, info] = await Promise.allSettled([parseEarly(work.deps, request), asking]);
  if (project.status === "rejected") throw project.reason;
  if (info.status === "rejected") throw info.reason;
  return { project: project.value, info: info.value };
}

/**
 * The project as it is in the source, so that one that is wrong is refused before it is copied. `undefined` where the
 * hook or a rendered file may yet make it right.
 */
async function parseEarly(
  deps: EnvironmentsDeps,
  request: { source: SourceLocation; config: ProjectConfig; options: EnvironmentOptions },
): Promise<Project | undefined> {
  const { source, config, options } = request;
  try {
    return parseProject(deps, { location: source, config, options });
  } catch (error) {
    const mayBeMended = config.env.initHook !== undefined || config.env.render.length > 0;
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

async function finish(
  work: Work,
  made: {
    readonly located: Located;
    readonly request: UpRequest & UpMode;
    readonly info: RuntimeInfo;
    readonly filling: Filling;
  },
): Promise<UpResult> {
  const { request, info, filling } = made;
  await fillWorkspace(work, made.located, filling);
  const desired = await work.progress.phase("parse", () => readDesired(work.deps, made.located));
  const located = withFormat(made.located, desired.project.parser.format);
  const result = await apply(work, { ...request, info, located, desired, unapplied: [], edits: [] });
  const ready = await saveRecord(work.deps.home, { ...result.located.record, phase: "ready" });
  return await upResult(work, { ...result, located: ready }, { desired, created: true });
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
