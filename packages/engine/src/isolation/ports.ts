import type { Service, ServicePort } from "../spec/spec.ts";
import type { EndpointPort } from "./isolated-spec.ts";
import { unique, without } from "./records.ts";
import type { ServiceContext } from "./service-context.ts";
import { serviceHostname } from "./names.ts";

/** Container ports that HTTP servers of common stacks listen on. */
const HTTP_PORTS: ReadonlySet<number> = new Set([
  80, 1313, 3000, 3001, 4000, 4200, 4321, 5000, 5173, 5601, 8000, 8001, 8008, 8080, 8081, 8088, 8090, 8888, 9000, 9090,
]);
const HTTPS_PORTS: ReadonlySet<number> = new Set([443, 8443]);
const MAX_EXPANDED = 1024;

/**
 * The container ports a service is known to listen on, from `ports` and `expose`, each once, in order of appearance.
 * What its image exposes is not known before its container runs. A range of more than 1024 ports counts with its first 1024.
 */
export function endpointPorts(service: Service): EndpointPort[] {
  const ports = new Map<string, EndpointPort>();
  for (const port of [...(service.ports ?? []).flatMap(fromPort), ...(service.expose ?? []).flatMap(fromExpose)]) {
    const key = `${port.port}/${port.protocol}`;
    ports.set(key, { ...port, ...ports.get(key) });
  }
  return [...ports.values()];
}

function fromPort(port: ServicePort): EndpointPort[] {
  const protocol = asProtocol(port.protocol ?? "tcp");
  if (protocol === undefined) return [];
  const published = port.published === undefined || port.published === "" ? {} : { published: port.published };
  return [{ ...endpointPort(port.target, protocol, declaredScheme(port)), ...published }];
}

/** A port with the scheme that it usually has, unless another is declared. */
export function endpointPort(
  port: number,
  protocol: EndpointPort["protocol"],
  declared?: EndpointPort["scheme"],
): EndpointPort {
  const scheme = protocol === "tcp" ? (declared ?? usualScheme(port)) : undefined;
  return { port, protocol, ...(scheme === undefined ? {} : { scheme }) };
}

function declaredScheme(port: ServicePort): EndpointPort["scheme"] {
  const words = [port.app_protocol, port.name].map((text) => text?.toLowerCase() ?? "");
  if (words.includes("https")) return "https";
  return words.some((word) => /^(?:http|http2|h2c)$/u.test(word)) ? "http" : undefined;
}

function usualScheme(port: number): EndpointPort["scheme"] {
  if (HTTPS_PORTS.has(port)) return "https";
  return HTTP_PORTS.has(port) ? "http" : undefined;
}

function fromExpose(text: string): EndpointPort[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-z]+))?$/iu.exec(text.trim());
  const protocol = asProtocol(match?.[3]?.toLowerCase() ?? "tcp");
  if (match === null || protocol === undefined) return [];
  const first = Number(match[1]);
  const last = Math.min(Number(match[2] ?? match[1]), 65_535);
  const count = Math.min(Math.max(last - first + 1, 0), MAX_EXPANDED);
  return Array.from({ length: count }, (_, index) => endpointPort(first + index, protocol));
}

function asProtocol(text: string): EndpointPort["protocol"] | undefined {
  return text === "tcp" || text === "udp" ? text : undefined;
}

/**
 * Publishes nothing on the host: the generated document has no `ports` at all (an empty list in an override file
 * would remove nothing, since Compose appends lists). The ports stay known as exposed ones.
 */
export function unpublishPorts(service: Service, at: ServiceContext): Service {
  if (service.ports === undefined) return service;
  tellMovedPorts(service.ports, at);
  const expose = unique([...(service.expose ?? []), ...service.ports.map(exposed)]);
  return { ...without(service, "ports"), ...(expose.length === 0 ? {} : { expose }) };
}

function exposed(port: ServicePort): string {
  const protocol = port.protocol ?? "tcp";
  return protocol === "tcp" ? String(port.target) : `${port.target}/${protocol}`;
}

function tellMovedPorts(ports: readonly ServicePort[], at: ServiceContext): void {
  const name = serviceHostname(at.survey.input.identity, at.label);
  const moved = ports.filter((port) => (port.published ?? "") !== "" && port.published !== String(port.target));
  for (const port of moved.slice(0, 8))
    at.report.notice(
      "port-not-published",
      `${at.name}: port ${port.published} of this machine is not taken; use ${name}:${port.target}`,
      at.name,
    );
}
