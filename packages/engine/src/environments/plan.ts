import { join } from "node:path";
import { readFileIfThere, writeFileAtomic } from "@cilo/base";
import type { Allocation, IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { RuntimeTarget } from "../runtimes/runtime.ts";
import { renderComposeFile } from "../runtimes/compose/compose-file.ts";
import type { Change } from "../workspace/workspace.ts";
import { type Applied, type UnappliedPaths, loadApplied, loadPrevious } from "./applied.ts";
import { buildsNeeded, editsFingerprint } from "./builds.ts";
import { type Desired, documentVariables } from "./desired.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located } from "./environments.ts";
import { servicesAsking } from "./restarts.ts";
import { type StoredIsolation, saveIsolation, storedIsolation } from "./isolation-file.ts";

/** What the engine and the environment's files should have, once there are addresses. */
export interface Plan {
  /** With the addresses in its record. */
  readonly located: Located;
  readonly isolated: IsolatedSpec;
  readonly isolation: StoredIsolation;
  readonly target: RuntimeTarget;
  /** The generated Compose file. */
  readonly text: string;
  /** What is remembered when it has come true. */
  readonly applied: Applied;
  /** Services whose image has to be built again. */
  readonly builds: readonly string[];
  /** Services to restart for files that they watch. */
  readonly restarts: readonly string[];
}

export async function makePlan(
  deps: Pick<EnvironmentsDeps, "env" | "guard">,
  request: {
    readonly located: Located;
    readonly desired: Desired;
    readonly unapplied: UnappliedPaths;
    readonly edits: readonly Change[];
    readonly signal: AbortSignal;
  },
  allocation: Allocation,
): Promise<Plan> {
  const { located, desired } = request;
  const asked = desired.isolate(allocation);
  const isolated = await admitted(deps, request, asked);
  const isolation = storedIsolation(asked);
  const text = renderComposeFile(isolated.document);
  const edits = await editsFingerprint(isolation, located.paths.workspace, request.edits);
  const { unapplied } = request;
  const changed = unapplied === "unknown" ? unapplied : unapplied.map((path) => join(located.record.sourceRoot, path));
  const last = (await loadApplied(located.paths)) ?? (await loadPrevious(located.paths));
  return {
    located: {
      ...located,
      record: {
        ...located.record,
        allocation: { ...allocation, blocks: [...allocation.blocks], subnets: { ...allocation.subnets } },
      },
    },
    isolated,
    isolation,
    target: {
      composeProject: isolated.composeProject,
      composeFile: located.paths.compose,
      env: documentVariables(isolated.document, { ...deps.env, ...desired.project.spec.variables }),
    },
    text,
    applied: { compose: text, edits, spec: isolated },
    builds: [
      ...buildsNeeded({ isolated, isolation, edits }, { ...request, last }),
      ...servicesAsking(desired.project.spec, changed, "rebuild"),
    ],
    restarts: servicesAsking(desired.project.spec, changed, "restart"),
  };
}

async function admitted(
  { guard }: Pick<EnvironmentsDeps, "guard">,
  { located, desired, signal }: Parameters<typeof makePlan>[1],
  isolated: IsolatedSpec,
): Promise<IsolatedSpec> {
  if (guard === undefined) return isolated;
  const { workspace } = located.paths;
  return await guard.admit({ spec: desired.project.spec, isolated, workspace }, { signal });
}

/** Writes the generated files. @returns whether the Compose file is another than it was */
export async function writePlan(plan: Plan): Promise<boolean> {
  const { paths } = plan.located;
  const isSame = (await readFileIfThere(paths.compose)) === plan.text;
  // Made anew by the next `up` if a power cut takes it.
  if (!isSame) await writeFileAtomic(paths.compose, plan.text, { sync: false });
  await saveIsolation(paths.isolated, plan.isolation);
  return !isSame;
}
