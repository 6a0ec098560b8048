import type { Problem } from "@cilo/base";
import type { Service } from "@cilo/engine";
import { shown } from "./services.ts";

/** What a build may say. What it reads is looked at by isolation, which lists all that lies outside the workspace. */
export function buildProblems(name: string, build: Service["build"]): Problem[] {
  return Object.entries(build ?? {}).flatMap(([key, value]) => {
    if (value === undefined || value === null || key.startsWith("x-")) return [];
    const refuse = (what: string): Problem[] => [
      { attribute: `services.${name}.build.${key}`, message: `${what} is not allowed on a shared machine` },
    ];
    if (key === "network")
      return value === "default" || value === "none" ? [] : refuse(`build.network: ${shown(value)}`);
    if (key === "privileged") return value === false ? [] : refuse("a privileged build");
    if (key === "isolation") return value === "default" ? [] : refuse(`build.isolation: ${shown(value)}`);
    return ALLOWED.has(key) || (Array.isArray(value) && value.length === 0) ? [] : refuse(`build.${key}`);
  });
}

const ALLOWED = new Set(
  `additional_contexts args cache_from cache_to context dockerfile dockerfile_inline extra_hosts labels no_cache
  no_cache_filter platforms provenance pull sbom secrets shm_size tags target ulimits`.split(/\s+/u),
);
