import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { parseLabel } from "../spec/names.ts";
import { withComposeFile } from "./compose-file-variable.ts";
import { createEnvironment } from "./create.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { Located, OperationContext, UpRequest, UpResult } from "./environments.ts";
import { beginOperation } from "./operation.ts";
import { chooseSource } from "./choose-source.ts";
import { lookUp } from "./records.ts";
import { removeDebris, removeEnvironment } from "./remove.ts";
import { updateEnvironment } from "./update.ts";
import { createWork } from "./work.ts";

export interface UpMode {
  /** `create`: files and addresses, but no container. */
  readonly startNothing: boolean;
}

/** {@link Environments.up}, and with `startNothing` {@link Environments.create}. */
export async function bringUp(
  deps: EnvironmentsDeps,
  asked: UpRequest & UpMode,
  context: OperationContext,
): Promise<UpResult> {
  const environment = parseLabel(asked.environment, "environment");
  await using operation = await beginOperation(deps.home, environment, context);
  const found = await lookUp(deps.home, environment);
  const request = await withComposeFile(asked, deps.env, found);
  const source = await chooseSource(deps, request, found);
  if (found?.record.phase === "ready") {
    checkRuntime(found, request);
    const work = createWork(deps, { runtime: found.record.runtime, operation, context });
    return await updateEnvironment(work, found, request);
  }
  if (found !== undefined) {
    const work = createWork(deps, { runtime: found.record.runtime, operation, context });
    await removeEnvironment(work, found);
  }
  await removeDebris(deps, environment, { signal: context.signal });
  return await createEnvironment(deps, { request, source, operation }, context);
}

function checkRuntime({ record }: Located, request: UpRequest): void {
  if (request.runtime === undefined || request.runtime === record.runtime) return;
  throw new CiloError(
    EngineCode.fixedAtCreation,
    `${record.environment} was made with ${record.runtime} and cannot move to ${request.runtime}`,
    { hint: `Make it anew: cilo destroy ${record.environment}, or use another name` },
  );
}
