import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode, type Runtime, type RuntimeTarget, loadIsolation } from "@cilo/engine";
import type { CiloContext } from "./context.ts";

/** Where a service's containers are: the environment's own Compose project, or that of a shared service. */
export interface ServiceTarget {
  readonly runtime: Runtime;
  readonly target: RuntimeTarget;
}

/**
 * The Compose project of an environment; with `service`, the one that runs that service.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND`, `SERVICE_NOT_FOUND`
 */
export async function serviceTarget(
  context: CiloContext,
  environment: string,
  service?: string,
): Promise<ServiceTarget> {
  const { environments, home, runtime } = await context.wiring();
  const { record, paths } = await environments.find(environment);
  const isolation = await loadIsolation(paths.isolated);
  if (isolation === undefined)
    throw new CiloError(EngineCode.environmentNotFound, `${environment} is only half made`, {
      hint: `Make it whole: cilo up ${environment}`,
    });
  const shared = isolation.shared.find(({ name }: { readonly name: string }) => name === service);
  const known = [...isolation.services, ...isolation.shared].map(({ name }) => name);
  if (service !== undefined && !known.includes(service))
    throw new CiloError(EngineCode.serviceNotFound, `${environment} has no service ${service}`, {
      hint: `It has ${known.join(", ")}`,
    });
  return {
    runtime: runtime(record.runtime),
    target:
      shared === undefined
        ? { composeProject: isolation.composeProject, composeFile: paths.compose, env: {} }
        : {
            composeProject: shared.composeProject,
            composeFile: join(home.root, "shared", shared.composeProject, "compose.yaml"),
            env: {},
          },
  };
}
