import type { EnvironmentStatus, Located, ServiceStatus } from "./environments.ts";
import type { EndpointPort } from "../isolation/isolated-spec.ts";

/** What of an environment is known before it runs, as variables and as tokens `${CILO_…}` of rendered files. */
export function environmentTokens({ record, paths }: Located): Record<string, string> {
  return {
    CILO_ENV: record.environment,
    CILO_PROJECT: record.project,
    CILO_WORKSPACE: paths.workspace,
    CILO_BASE_URL: `http://${record.project}.${record.environment}${record.suffix}`,
    CILO_DNS_SUFFIX: record.suffix,
  };
}

/**
 * The variables that `cilo run` and `cilo env` give: which environment it is and where each service answers
 * (`CILO_URL_<SERVICE>`, the label in capitals with `_` for `-`).
 */
export function environmentVariables(status: EnvironmentStatus): Record<string, string> {
  const urls = status.serviceStatus.flatMap((service) => {
    const [url] = serviceUrls(status, service);
    return url === undefined ? [] : [[`CILO_URL_${service.label.toUpperCase().replaceAll("-", "_")}`, url]];
  });
  return {
    CILO_ENV: status.environment,
    CILO_PROJECT: status.project,
    CILO_WORKSPACE: status.workspace,
    CILO_BASE_URL: baseUrl(status),
    CILO_DNS_SUFFIX: status.suffix,
    ...Object.fromEntries(urls),
  };
}

/** Where the ingress answers under the project's name; the bare name where there is no ingress. */
export function baseUrl(status: EnvironmentStatus): string {
  const host = `${status.project}.${status.environment}${status.suffix}`;
  const ingress = status.serviceStatus.find((service) => service.service === status.ingress);
  const port = ingress?.endpoint.ports.find((one) => one.protocol === "tcp");
  return port === undefined ? `http://${host}` : portUrl(host, port);
}

/** One URL per port of a service, HTTP ones first: `http://web.demo.test`, `db.demo.test:5432`. */
export function serviceUrls(status: EnvironmentStatus, service: ServiceStatus): string[] {
  const host = serviceHost(status, service);
  const ports = [...service.endpoint.ports].sort((a, b) => Number(isHttp(b)) - Number(isHttp(a)));
  return ports.map((port) => portUrl(host, port));
}

/** `<label>.<environment><suffix>` */
export function serviceHost(
  status: Pick<EnvironmentStatus, "environment" | "suffix">,
  service: { label: string },
): string {
  return `${service.label}.${status.environment}${status.suffix}`;
}

/** A URL where HTTP is spoken on the port by custom, else `host:port` (`/udp` behind it where it is). */
export function portUrl(host: string, { port, protocol }: EndpointPort): string {
  if (protocol === "udp") return `${host}:${port}/udp`;
  if (port === 80) return `http://${host}`;
  if (port === 443) return `https://${host}`;
  if (port === 8443) return `https://${host}:${port}`;
  return isHttp({ port, protocol }) ? `http://${host}:${port}` : `${host}:${port}`;
}

/** Ports that by custom speak something else than HTTP. */
const NOT_HTTP: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 636, 993, 995, 1025, 1433, 1521, 1883, 2181, 2379, 3306, 4222, 5222,
  5432, 5433, 5671, 5672, 6379, 6380, 6432, 7687, 8883, 9042, 9092, 9094, 11211, 26257, 26379, 27017, 27018, 33060,
  50051,
]);

function isHttp({ port, protocol }: EndpointPort): boolean {
  return protocol === "tcp" && !NOT_HTTP.has(port);
}
