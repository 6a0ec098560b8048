import { type EndpointPort, type EnvironmentStatus, type ServiceStatus, serviceUrl } from "@cilo/engine";

/** A URL a service answers on, by its own name. */
export interface ServiceUrl {
  readonly url: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** The host port the project would have published, where it differs from `port`. */
  readonly published?: string;
}

type Named = Pick<EnvironmentStatus, "environment" | "suffix">;

/** `<label>.<env>.test` */
export function hostname(label: string, { environment, suffix }: Named): string {
  return `${label}.${environment}${suffix}`;
}

/** The URLs of a service, the one a user most likely wants first: HTTP before other TCP, UDP last. */
export function serviceUrls(service: ServiceStatus, status: Named): ServiceUrl[] {
  const host = hostname(service.label, status);
  return [...service.endpoint.ports]
    .sort((a, b) => rank(a) - rank(b))
    .map((port) => ({
      url: serviceUrl(host, [port]) ?? `udp://${host}:${port.port}`,
      port: port.port,
      protocol: port.protocol,
      ...(port.published === undefined || port.published === String(port.port) ? {} : { published: port.published }),
    }));
}

/** The URL of the apex name, which is the ingress service's; `undefined` when there is none. */
export function baseUrl(status: EnvironmentStatus): string | undefined {
  const ingress = status.serviceStatus.find((service) => service.service === status.ingress);
  if (ingress === undefined) return undefined;
  const host = hostname(status.project, status);
  return serviceUrl(host, ingress.endpoint.ports) ?? `http://${host}`;
}

function rank(port: EndpointPort): number {
  if (port.protocol === "udp") return 3;
  return port.scheme === undefined ? 2 : port.scheme === "https" ? 1 : 0;
}
