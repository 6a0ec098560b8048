import type { Service } from "../spec/spec.ts";
import type { EndpointPort, EnvironmentIdentity } from "./isolated-spec.ts";
import type { ServiceContext, Survey } from "./service-context.ts";
import { apexHostname, serviceHostname } from "./names.ts";
import { endpointPorts } from "./ports.ts";
import { filterRecord, lookup } from "./records.ts";

/**
 * The variables by which a command or a container knows its environment. `cilo run` and `cilo env` give the same.
 * `baseUrl` is there when there is an ingress.
 */
export function environmentVariables(
  identity: EnvironmentIdentity,
  baseUrl: string | undefined,
): Record<string, string> {
  return {
    CILO_ENV: identity.environment,
    CILO_PROJECT: identity.project,
    CILO_DNS_SUFFIX: identity.suffix,
    ...(baseUrl === undefined ? {} : { CILO_BASE_URL: baseUrl }),
  };
}

/** `CILO_URL_<SERVICE>`: the variable that holds a service's URL. */
export function urlVariable(service: string): string {
  return `CILO_URL_${service.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_")}`;
}

/**
 * `http://web.agent-1.test:3000`: by its HTTP port, else `tcp://` by its first; the port is left out where it is the
 * scheme's own. `undefined` without a known TCP port.
 */
export function serviceUrl(hostname: string, ports: readonly EndpointPort[]): string | undefined {
  const tcp = ports.filter((port) => port.protocol === "tcp");
  const port = tcp.find((each) => each.scheme === "http") ?? tcp.find((each) => each.scheme === "https") ?? tcp[0];
  if (port === undefined) return undefined;
  const scheme = port.scheme ?? "tcp";
  const isUsual = (scheme === "http" && port.port === 80) || (scheme === "https" && port.port === 443);
  return `${scheme}://${hostname}${isUsual ? "" : `:${port.port}`}`;
}

/**
 * Tells a service where it runs: the environment, its own URL and those of what it depends on; a program of the
 * project's own or one that serves HTTP the base URL too. No more, so that a port changed elsewhere does not restart a
 * database. Never over the project's word.
 */
export function addVariables(service: Service, at: ServiceContext): Service {
  const { survey } = at;
  const { identity } = survey.input;
  const dependencies = { ...lookup(survey.services, at.name)?.depends_on, ...service.depends_on };
  const relevant = [at.name, ...Object.keys(dependencies)];
  const urls = relevant.flatMap((name) => {
    const url = urlOf(survey, name);
    return url === undefined ? [] : [[urlVariable(name), url]];
  });
  const base = needsBaseUrl(service) ? baseUrl(survey) : undefined;
  const variables = { ...environmentVariables(identity, base), ...Object.fromEntries(urls) };
  return { ...service, environment: { ...variables, ...named(service) } };
}

/** A dotenv file can make a variable without a name, which no container can have. */
function named(service: Service): NonNullable<Service["environment"]> {
  return filterRecord(service.environment ?? {}, (name) => name !== "");
}

function needsBaseUrl(service: Service): boolean {
  return service.build !== undefined || endpointPorts(service).some((port) => port.scheme !== undefined);
}

function urlOf(survey: Survey, name: string): string | undefined {
  const service = lookup(survey.services, name);
  const label = survey.labels.get(name);
  if (service === undefined || label === undefined) return undefined;
  return serviceUrl(serviceHostname(survey.input.identity, label), endpointPorts(service));
}

function baseUrl(survey: Survey): string | undefined {
  const service = survey.ingress === undefined ? undefined : lookup(survey.services, survey.ingress);
  return service === undefined
    ? undefined
    : (serviceUrl(apexHostname(survey.input.identity), endpointPorts(service)) ??
        `http://${apexHostname(survey.input.identity)}`);
}

/** A shared service belongs to no one environment. */
export function addProjectVariable(service: Service, at: ServiceContext): Service {
  return { ...service, environment: { CILO_PROJECT: at.survey.input.identity.project, ...named(service) } };
}
