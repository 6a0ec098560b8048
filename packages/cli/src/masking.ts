import { REDACTED } from "@cilo/base";
import type { EnvironmentSpec } from "@cilo/engine";

/** A devcontainer's label holds its configuration, variables and all. */
const METADATA = "devcontainer.metadata";

type Sections = Pick<EnvironmentSpec, "services" | "secrets" | "configs" | "variables" | "workbench">;

/** The spec with every environment value, build argument and secret's content hidden (DECISIONS, secrets). */
export function maskSpec<T extends Sections>(spec: T): T {
  return {
    ...spec,
    services: mapValues(spec.services, maskService),
    ...(spec.secrets === undefined ? {} : { secrets: mapValues(spec.secrets, maskContent) }),
    ...(spec.configs === undefined ? {} : { configs: mapValues(spec.configs, maskContent) }),
    ...(spec.variables === undefined ? {} : { variables: mapValues(spec.variables, () => REDACTED) }),
    ...(spec.workbench === undefined
      ? {}
      : { workbench: { ...spec.workbench, env: mapValues(spec.workbench.env, maskValue) } }),
  };
}

function maskService(service: Sections["services"][string]): Sections["services"][string] {
  const build = service.build;
  return {
    ...service,
    ...(service.environment === undefined ? {} : { environment: mapValues(service.environment, maskValue) }),
    ...(service.labels?.[METADATA] === undefined ? {} : { labels: { ...service.labels, [METADATA]: REDACTED } }),
    ...(build?.args === undefined ? {} : { build: { ...build, args: mapValues(build.args, maskValue) } }),
  };
}

function maskContent<T extends { content?: string | undefined }>(object: T): T {
  return object.content === undefined ? object : { ...object, content: REDACTED };
}

function maskValue(value: string | null): string | null {
  return value === null || value === "" ? value : REDACTED;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, each: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value)]));
}
