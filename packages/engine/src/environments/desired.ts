import { isolate, planNetworks } from "../isolation/isolate.ts";
import type { IsolationInput, PlanInput } from "../isolation/input.ts";
import { composeProjectName } from "../isolation/names.ts";
import type { Allocation, IsolatedSpec, NetworkNeed } from "../isolation/isolated-spec.ts";
import type { ImageFacts } from "../parsers/parser.ts";
import { projectFiles } from "../parsers/project-files.ts";
import type { EnvironmentSpec } from "../spec/spec.ts";
import type { ProjectConfig } from "./config.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located } from "./environments.ts";
import { readProjectConfig } from "./config-file.ts";
import { mergeHostnames } from "./hostnames.ts";
import { type Project, parseProject } from "./project.ts";
import { workspaceProjectDir, confinedTo } from "./source.ts";

const hostFiles = projectFiles();

/** What an environment should be, as its workspace says now; all but its addresses. */
export interface Desired {
  readonly config: ProjectConfig;
  readonly project: Project;
  readonly composeProject: string;
  readonly needs: readonly NetworkNeed[];
  /** The whole of it, once there are addresses. Pure. */
  isolate(allocation: Allocation): IsolatedSpec;
}

/**
 * Reads config and project from the environment's workspace, as if they stood at the source's paths; with what is known
 * of the workbench's image, once it is there.
 * @throws CiloError of the config, the parser or the isolation
 */
export async function readDesired(
  deps: EnvironmentsDeps,
  { record, paths }: Located,
  image?: ImageFacts,
): Promise<Desired> {
  const config = await readProjectConfig(workspaceProjectDir(paths, record), confinedTo(deps, paths.workspace));
  const project = parseProject(deps, {
    location: record,
    workspace: paths.workspace,
    config,
    options: record.options,
    ...(image === undefined ? {} : { image }),
  });
  return desiredOf(project, { config, plan: planInput(deps, { record, paths }, config) });
}

/** {@link Desired} for a project that is parsed already. */
export function desiredOf(project: Project, chosen: { config: ProjectConfig; plan: PlanInput }): Desired {
  const { config, plan } = chosen;
  return {
    config,
    project,
    composeProject: composeProjectName(plan.identity),
    needs: planNetworks(project.spec, plan),
    isolate: (allocation) => isolate(project.spec, { ...plan, allocation } satisfies IsolationInput),
  };
}

/** What isolation needs to know of an environment. */
export function planInput(
  { home, runtimes }: Pick<EnvironmentsDeps, "home" | "runtimes">,
  { record, paths }: Located,
  config: ProjectConfig,
): PlanInput {
  const { networkOptions } = runtimes(record.runtime);
  return {
    identity: { project: record.project, environment: record.environment, home: home.id, suffix: record.suffix },
    sourceRoot: record.sourceRoot,
    workspaceRoot: paths.workspace,
    ...(networkOptions === undefined ? {} : { networkOptions }),
    options: {
      share: [...config.share, ...record.options.share],
      isolate: record.options.isolate,
      keepExternal: config.keepExternal,
      scale: record.options.scale,
      ...(config.ingress === undefined ? {} : { ingress: config.ingress }),
      hostnames: mergeHostnames(config.hostnames, record.options.hostnames),
    },
    realPath: (path) => hostFiles.realPath(path),
  };
}

/** Variables that the document's `secrets:` and `configs:` are read from, by the names they have in the project. */
export function documentVariables(
  spec: Pick<EnvironmentSpec, "secrets" | "configs">,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named = [...Object.values(spec.secrets ?? {}), ...Object.values(spec.configs ?? {})].flatMap(
    (object) => object.environment ?? [],
  );
  return Object.fromEntries(
    named.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
