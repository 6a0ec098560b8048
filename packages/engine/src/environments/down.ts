import { parseLabel } from "../spec/names.ts";
import { composeProjectName } from "../isolation/names.ts";
import { beginApplying } from "./applied.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located, OperationContext } from "./environments.ts";
import { beginOperation } from "./operation.ts";
import { find } from "./records.ts";
import { removeEnvironment } from "./remove.ts";
import { leaveOthers } from "./shared-leave.ts";
import { type Work, createWork } from "./work.ts";

/** {@link Environments.down}. What is half made or half removed is removed. */
export async function takeDown(deps: EnvironmentsDeps, name: string, context: OperationContext): Promise<void> {
  const environment = parseLabel(name, "environment");
  await using operation = await beginOperation(deps.home, environment, context);
  const located = await find(deps.home, environment);
  const work = createWork(deps, { runtime: located.record.runtime, operation, context });
  if (located.record.phase === "ready") await stop(work, located);
  else await removeEnvironment(work, located);
}

async function stop(work: Work, { record, paths }: Located): Promise<void> {
  const { deps, context } = work;
  const { signal } = context;
  const composeProject = composeProjectName({ ...record, home: deps.home.id });
  // Asked first, so that an engine that does not answer leaves everything as it is.
  await work.runtime.status({ composeProject }, { signal });
  await beginApplying(paths);
  await work.progress.phase("names", () => deps.names.withdraw(record, { signal }));
  await work.progress.phase("stop", () =>
    work.runtime.down({ composeProject, composeFile: paths.compose, env: {} }, { signal }),
  );
  await leaveOthers(work, { record, paths }, { kept: [] });
}
