import type { Workbench } from "../../spec/workbench.ts";
import type { EnvironmentsDeps } from "../deps.ts";
import type { OperationContext } from "../environments.ts";
import { loadIsolation } from "../isolation-file.ts";
import type { Operation } from "../operation.ts";
import { find } from "../records.ts";
import { createWork } from "../work.ts";
import { runAttachSteps } from "./steps.ts";
import { loadEntered } from "./stored.ts";

/** {@link Environments.attach}. Changes nothing of the environment, and so takes no lock. */
export async function attachTo(
  deps: EnvironmentsDeps,
  environment: string,
  context: OperationContext,
): Promise<Workbench | undefined> {
  const located = await find(deps.home, environment);
  const [workbench, isolation] = await Promise.all([loadEntered(located.paths), loadIsolation(located.paths.isolated)]);
  if (workbench === undefined || isolation === undefined) return undefined;
  const work = createWork(deps, { runtime: located.record.runtime, operation: NONE, context });
  const { composeProject } = isolation;
  await runAttachSteps(work, { located, workbench, composeProject, waitForAll: true, silenceMs: 0 });
  return workbench;
}

const NONE: Operation = { env: {}, afterCrash: false, [Symbol.asyncDispose]: async () => {} };
