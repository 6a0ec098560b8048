import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { ProjectConfig } from "./config.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { EnvironmentOptions } from "./record.ts";

/** Nothing asked for: everything as the project and its config say. */
export const DEFAULT_OPTIONS: EnvironmentOptions = {
  files: [],
  profiles: [],
  envFiles: [],
  share: [],
  isolate: [],
  scale: {},
};

/** What was asked now over what is remembered. A service that is now to be shared is no longer to be isolated, and the reverse. */
export function mergeOptions(remembered: EnvironmentOptions, asked: Partial<EnvironmentOptions>): EnvironmentOptions {
  const merged: EnvironmentOptions = {
    files: asked.files ?? remembered.files,
    profiles: asked.profiles ?? remembered.profiles,
    envFiles: asked.envFiles ?? remembered.envFiles,
    share: asked.share ?? remembered.share.filter((name) => !asked.isolate?.includes(name)),
    isolate: asked.isolate ?? remembered.isolate.filter((name) => !asked.share?.includes(name)),
    scale: { ...remembered.scale, ...asked.scale },
  };
  const format = asked.format ?? remembered.format;
  const devcontainer = asked.devcontainer ?? remembered.devcontainer;
  const hostnames = asked.hostnames ?? remembered.hostnames;
  return {
    ...merged,
    ...(format === undefined ? {} : { format }),
    ...(devcontainer === undefined ? {} : { devcontainer }),
    ...(hostnames === undefined ? {} : { hostnames }),
  };
}

/**
 * The suffix of an environment's names.
 * @throws CiloError `SUFFIX_NOT_REGISTERED` when the project's config names one that this machine does not serve
 */
export function chooseSuffix(
  config: ProjectConfig,
  { defaultSuffix, registeredSuffixes = [] }: Pick<EnvironmentsDeps, "defaultSuffix" | "registeredSuffixes">,
): string {
  const suffix = config.dnsSuffix ?? defaultSuffix;
  if (suffix === defaultSuffix || registeredSuffixes.includes(suffix)) return suffix;
  throw new CiloError(EngineCode.suffixNotRegistered, `.cilo/config.yml asks for names under ${suffix}`, {
    hint: `Let this machine serve them: cilo init --suffix ${suffix}`,
  });
}
