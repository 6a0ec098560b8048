import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Change, CopyResult, TreePair } from "../workspace/workspace.ts";
import { copyRulesOf } from "../workspace/env-files.ts";
import type { ProjectConfig } from "./config.ts";
import type { Located } from "./environments.ts";
import { saveGenerated } from "./generated.ts";
import { type Hook, readHook } from "./hook-consent.ts";
import { runHook } from "./hook-run.ts";
import { workspaceProjectDir, sourceProjectDir } from "./source.ts";
import { environmentTokens } from "./variables.ts";
import type { Work } from "./work.ts";

/** What is put into a workspace beside the source's files. */
export interface Filling {
  readonly config: ProjectConfig;
  /** Allowed by the user. */
  readonly hook: Hook | undefined;
}

/** Copies the source, prepares its env files, runs the hook, and remembers what of this is not anybody's work. */
export async function fillWorkspace(work: Work, located: Located, filling: Filling): Promise<void> {
  const { config, hook } = filling;
  const pair = treePair(work, located, config);
  const { signal } = work.context;
  const copied = await work.progress.phase("copy", () => work.workspaces.copyTree({ ...pair, signal }));
  tellLeftOut(work, copied);
  await prepareEnvFiles(work, located, config);
  if (hook === undefined) return;
  await work.progress.phase("hook", () => runAllowed(work, located, hook));
  await rememberGenerated(work, located, config);
}

/** What is changed in the workspace by now is nobody's work, but what is somebody's. */
export async function rememberGenerated(
  work: Work,
  located: Located,
  config: ProjectConfig,
  somebodys: readonly Change[] = [],
): Promise<void> {
  const { signal } = work.context;
  const changes = await work.workspaces.workspaceChanges({ ...treePair(work, located, config), signal });
  const own = new Set(somebodys.map(({ path }) => path));
  await saveGenerated(
    located.paths,
    changes.filter(({ path }) => !own.has(path)),
  );
}

/**
 * Fills in what the config's `render` says, from the source's version; safe to repeat.
 * @returns the files that were written now
 */
export async function prepareEnvFiles(work: Work, located: Located, config: ProjectConfig): Promise<readonly string[]> {
  const { rendered, skipped } = await work.workspaces.applyEnvConfig({
    ...treePair(work, located, config),
    projectPath: located.record.projectPath,
    config: config.env,
    tokens: environmentTokens(located),
    signal: work.context.signal,
  });
  for (const { path, reason } of skipped)
    work.notify({ code: "not-rendered", message: `${path} was not filled in: ${reason}` });
  return rendered;
}

/** The source and the copy of an environment. */
export function treePair(work: Pick<Work, "deps">, { record, paths }: Located, config: ProjectConfig): TreePair {
  return {
    sourceRoot: record.sourceRoot,
    workspace: paths.workspace,
    baseline: paths.baseline,
    rules: copyRulesOf(config),
    exclude: [work.deps.home.root],
  };
}

function tellLeftOut(work: Work, { leftOut, leaving }: CopyResult): void {
  for (const { path, reason } of leftOut)
    work.notify({ code: "not-copied", message: `${path} was not copied: ${reason}` });
  for (const { path, target } of leaving)
    work.notify({ code: "link-leaves", message: `${path} is a link that leads out of the workspace, to ${target}` });
}

/** What runs is what was allowed: the copy's files are looked at again. */
async function runAllowed(work: Work, located: Located, hook: Hook): Promise<void> {
  const folder = workspaceProjectDir(located.paths, located.record);
  const copied = await readHook(hook.command, { project: sourceProjectDir(located.record), folder });
  if (copied.hash !== hook.hash)
    throw new CiloError(EngineCode.consentRequired, `the hook changed after it was allowed: ${hook.command}`, {
      hint: "Look at it and run the command again",
    });
  const env = { ...work.deps.env, ...environmentTokens(located), ...work.operation.env };
  await runHook(hook, { folder, env }, work.context);
}
