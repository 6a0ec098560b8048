import { apexHostname } from "../isolation/names.ts";
import type { Located } from "./environments.ts";

/** What of an environment is known before it runs: tokens `${CILO_…}` of rendered files, variables of hooks. */
export function environmentTokens({ record, paths }: Located): Record<string, string> {
  return {
    CILO_ENV: record.environment,
    CILO_PROJECT: record.project,
    CILO_WORKSPACE: paths.workspace,
    CILO_BASE_URL: `http://${apexHostname({ ...record, home: "" })}`,
    CILO_DNS_SUFFIX: record.suffix,
  };
}
