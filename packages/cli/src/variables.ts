import { type EnvironmentStatus, urlVariable } from "@cilo/engine";
import { baseUrl, serviceUrls } from "./urls.ts";

/**
 * The variables that a command in an environment gets (`cilo run`, `cilo env`): `CILO_ENV CILO_PROJECT CILO_WORKSPACE
 * CILO_BASE_URL CILO_DNS_SUFFIX` and `CILO_URL_<SERVICE>`. Those of things that are not there are absent.
 */
export function variables(status: EnvironmentStatus): Record<string, string> {
  const base = baseUrl(status);
  return {
    CILO_ENV: status.environment,
    CILO_PROJECT: status.project,
    CILO_WORKSPACE: status.workspace,
    ...(base === undefined ? {} : { CILO_BASE_URL: base }),
    CILO_DNS_SUFFIX: status.suffix,
    ...Object.fromEntries(
      status.serviceStatus.flatMap((service) => {
        const [first] = serviceUrls(service, status);
        return first === undefined ? [] : [[urlVariable(service.service), first.url]];
      }),
    ),
  };
}
