import type { IsolatedSpec } from "../isolation/isolated-spec.ts";
import { parseLabel } from "../spec/names.ts";
import type { EnvironmentSpec } from "../spec/spec.ts";
import { previewAllocation } from "./preview-allocation.ts";
import { chooseSource } from "./choose-source.ts";
import { withComposeFile } from "./compose-file-variable.ts";
import { readProjectConfig } from "./config-file.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import { desiredOf, planInput } from "./desired.ts";
import type { Located, UpRequest } from "./environments.ts";
import { environmentPaths } from "./home.ts";
import { DEFAULT_OPTIONS, chooseSuffix, mergeOptions } from "./options.ts";
import { parseProject, projectLabel } from "./project.ts";
import { lookUp } from "./records.ts";
import { sourceProjectDir, confinedTo } from "./source.ts";

/**
 * {@link Environments.plan}: from the source as it is now, whose edits `up` would bring over first. Addresses that are
 * not claimed yet are shown from the range for examples.
 */
export async function planUp(
  deps: EnvironmentsDeps,
  asked: UpRequest,
  context: { readonly signal: AbortSignal },
): Promise<{ readonly spec: EnvironmentSpec; readonly isolated: IsolatedSpec }> {
  const environment = parseLabel(asked.environment, "environment");
  const found = await lookUp(deps.home, environment);
  const request = await withComposeFile(asked, deps.env, found);
  const location = await chooseSource(deps, request, found);
  const config = await readProjectConfig(sourceProjectDir(location), confinedTo(deps, location.sourceRoot));
  const options = mergeOptions(found?.record.options ?? DEFAULT_OPTIONS, request.options);
  const project = parseProject(deps, { location, config, options });
  const identity = { project: found?.record.project ?? projectLabel(config, project.spec.name), environment };
  const located: Located = {
    paths: environmentPaths(deps.home, identity),
    record: {
      version: 1,
      ...identity,
      phase: "creating",
      sourceRoot: location.sourceRoot,
      projectPath: location.projectPath,
      format: project.parser.format,
      runtime: request.runtime ?? found?.record.runtime ?? config.runtime ?? (await deps.defaultRuntime(context)),
      suffix: found?.record.suffix ?? chooseSuffix(config, deps),
      createdAt: new Date(deps.clock.now()).toISOString(),
      options,
    },
  };
  const desired = desiredOf(project, { config, plan: planInput(deps, located, config) });
  const allocation = previewAllocation(desired.needs, found?.record.allocation);
  return { spec: project.spec, isolated: desired.isolate(allocation) };
}
