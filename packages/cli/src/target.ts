import { join } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode, type Runtime, type RuntimeTarget, loadIsolation } from "@cilo/engine";
import type { CiloContext } from "./context.ts";

/** A Compose project with the services meant of it; none: all of them. */
export interface ServiceTarget {
  readonly runtime: Runtime;
  readonly target: RuntimeTarget;
  readonly services: readonly string[];
}

/** The Compose project that runs a service. @throws CiloError `ENVIRONMENT_NOT_FOUND`, `SERVICE_NOT_FOUND` */
export async function serviceTarget(
  context: CiloContext,
  environment: string,
  service: string,
): Promise<ServiceTarget> {
  const [found] = await serviceTargets(context, environment, [service]);
  if (found !== undefined) return found;
  throw new CiloError(EngineCode.serviceNotFound, `${environment} has no service ${service}`);
}

/**
 * The Compose projects that run the services, or all of the environment: its own, and that of each shared service.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND`, `SERVICE_NOT_FOUND`
 */
export async function serviceTargets(
  context: CiloContext,
  environment: string,
  services: readonly string[],
): Promise<readonly ServiceTarget[]> {
  const { environments, home, runtime: runtimeOf } = await context.wiring();
  const { record, paths } = await environments.find(environment);
  const isolation = await loadIsolation(paths.isolated);
  if (isolation === undefined)
    throw new CiloError(EngineCode.environmentNotFound, `${environment} is only half made`, {
      hint: `Make it whole: cilo up ${environment}`,
    });
  const runtime = runtimeOf(record.runtime);
  const isMeant = ({ name }: { readonly name: string }): boolean => services.length === 0 || services.includes(name);
  const own = isolation.services.filter(isMeant).map(({ name }) => name);
  const shared = isolation.shared.filter(isMeant);
  requireKnown(
    environment,
    services,
    [...isolation.services, ...isolation.shared].map(({ name }) => name),
  );
  return [
    ...(own.length === 0
      ? []
      : [
          {
            runtime,
            target: { composeProject: isolation.composeProject, composeFile: paths.compose, env: {} },
            services: services.length === 0 ? [] : own,
          },
        ]),
    ...shared.map(({ name, composeProject }) => ({
      runtime,
      target: { composeProject, composeFile: join(home.root, "shared", composeProject, "compose.yaml"), env: {} },
      services: [name],
    })),
  ];
}

function requireKnown(environment: string, services: readonly string[], known: readonly string[]): void {
  const unknown = services.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CiloError(EngineCode.serviceNotFound, `${environment} has no service ${unknown}`, {
    hint: `It has ${known.join(", ")}`,
  });
}
