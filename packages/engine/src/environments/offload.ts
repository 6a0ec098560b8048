import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { EnvironmentsDeps } from "./deps.ts";
import { apexHostname } from "../isolation/names.ts";
import type { Notice } from "../spec/spec.ts";
import { copyRulesOf } from "../workspace/env-files.ts";
import type { SyncResult, TreePair } from "../workspace/workspace.ts";
import { readProjectConfig } from "./config-file.ts";
import type { ProjectConfig } from "./config.ts";
import type { OperationContext } from "./environments.ts";
import { fileWorkspaces } from "./file-workspaces.ts";
import { type Hook, allowedHook } from "./hook-consent.ts";
import { runHook } from "./hook-run.ts";
import { DEFAULT_OPTIONS, chooseSuffix, mergeOptions } from "./options.ts";
import { parseProject, projectLabel } from "./project.ts";
import { locateSource, sourceProjectDir, workspaceProjectDir } from "./source.ts";
import type { SourceLocation } from "./workspaces.ts";

/** A project whose environment runs on another machine: what is decided where the source is. */
export interface OffloadedProject {
  readonly source: SourceLocation;
  readonly config: ProjectConfig;
  /** DNS label. */
  readonly project: string;
  readonly format: string;
  readonly suffix: string;
  readonly services: readonly string[];
  /** Other formats that the folder has too. */
  readonly passedOver: readonly string[];
  readonly notices: readonly Notice[];
  /** Allowed by the user. */
  readonly hook: Hook | undefined;
}

/**
 * Reads a project before anything of it is made or sent, and asks for the hook's consent.
 * @throws CiloError `PROJECT_NOT_DETECTED`, `PROJECT_INVALID`, `FILE_NOT_FOUND`, `CONSENT_REQUIRED`
 */
export async function readOffloadedProject(
  deps: EnvironmentsDeps,
  request: { readonly folder: string; readonly format?: string },
): Promise<OffloadedProject> {
  const source = await locateSource(request.folder, fileWorkspaces);
  const project = sourceProjectDir(source);
  const config = await readProjectConfig(project);
  const options = mergeOptions(DEFAULT_OPTIONS, request.format === undefined ? {} : { format: request.format });
  const { spec, parser, passedOver } = parseProject(deps, { location: source, config, options });
  return {
    source,
    config,
    project: projectLabel(config, spec.name),
    format: parser.format,
    suffix: chooseSuffix(config, deps),
    services: Object.keys(spec.services),
    passedOver: passedOver.map(({ format }) => format),
    notices: spec.notices,
    hook: await allowedHook(deps, config, project),
  };
}

/** Where the local copy of an offloaded environment lies. */
export interface OffloadedCopy {
  readonly environment: string;
  readonly workspace: string;
  readonly baseline: string;
}

/** The source and its copy, by the rules of local workspaces. */
export function offloadedPair(
  deps: EnvironmentsDeps,
  project: Pick<OffloadedProject, "source" | "config">,
  copy: OffloadedCopy,
): TreePair {
  return {
    sourceRoot: project.source.sourceRoot,
    workspace: copy.workspace,
    baseline: copy.baseline,
    rules: copyRulesOf(project.config),
    exclude: [deps.home.root],
  };
}

/**
 * Makes the copy that is sent to the machine, its env files filled in and the hook run; or brings the source's edits
 * into the one that is there. Killed midway, the next call starts over.
 * @returns what came over and what was edited on both sides; `undefined` for a new copy
 */
export async function prepareOffloadedCopy(
  deps: EnvironmentsDeps,
  request: { readonly project: OffloadedProject; readonly copy: OffloadedCopy },
  context: OperationContext,
): Promise<SyncResult | undefined> {
  const { project, copy } = request;
  const { signal } = context;
  const pair = offloadedPair(deps, project, copy);
  const isThere = existsSync(copy.workspace) && existsSync(copy.baseline);
  const synced = isThere ? await fileWorkspaces.syncTree({ ...pair, dryRun: false, signal }) : undefined;
  if (!isThere) await makeCopy(pair, context);
  const tokens = tokensOf(project, copy);
  const { skipped } = await fileWorkspaces.applyEnvConfig({
    ...pair,
    projectPath: project.source.projectPath,
    config: project.config.env,
    tokens,
    signal,
  });
  for (const { path, reason } of skipped) tell(context, "not-rendered", `${path} was not filled in: ${reason}`);
  if (isThere || project.hook === undefined) return synced;
  const folder = workspaceProjectDir(copy, project.source);
  try {
    await runHook(project.hook, { folder, env: { ...deps.env, ...tokens } }, context);
  } catch (error) {
    // Without the record of the copy the next call makes it anew, and runs the hook again.
    await rm(copy.baseline, { force: true });
    throw error;
  }
  return synced;
}

async function makeCopy(pair: TreePair, context: OperationContext): Promise<void> {
  const { leftOut, leaving } = await fileWorkspaces.copyTree({ ...pair, signal: context.signal });
  for (const { path, reason } of leftOut) tell(context, "not-copied", `${path} is not sent: ${reason}`);
  for (const { path, target } of leaving)
    tell(context, "link-leaves", `${path} is a link that leads out of what is sent, to ${target}`);
}

function tokensOf({ project, suffix }: OffloadedProject, { environment, workspace }: OffloadedCopy) {
  return {
    CILO_ENV: environment,
    CILO_PROJECT: project,
    CILO_WORKSPACE: workspace,
    CILO_BASE_URL: `http://${apexHostname({ project, environment, suffix, home: "" })}`,
    CILO_DNS_SUFFIX: suffix,
  };
}

function tell(context: OperationContext, code: string, message: string): void {
  context.onEvent({ kind: "notice", notice: { code, message } });
}
