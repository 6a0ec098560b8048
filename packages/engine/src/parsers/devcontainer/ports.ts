import type { ServicePort } from "../../spec/spec.ts";
import { type Json, type JsonObject, isObject, asText } from "./read.ts";

/** A port that is to be reached, of the entered service or of another one. */
export interface WantedPort {
  /** Absent: the entered service itself. */
  readonly host?: string;
  readonly port: ServicePort;
}

export interface PortTexts {
  readonly ports: readonly WantedPort[];
  /** Texts that are no port. */
  readonly unread: readonly string[];
}

/** `forwardPorts` with what `portsAttributes` and `otherPortsAttributes` say of each. */
export function forwardedPorts(
  written: readonly Json[],
  attributes: { readonly ports: JsonObject; readonly others: Json | undefined },
): PortTexts {
  const read = written.map((value) => ({ value, found: /^(?:(.+):)?(\d{1,5})$/u.exec(asText(value)) }));
  return {
    ports: read.flatMap(({ found }) => {
      const target = Number(found?.[2] ?? 0);
      if (!isPort(target)) return [];
      const host = found?.[1];
      const isOwn = host === undefined || host === "localhost" || host === "127.0.0.1";
      const own = attributesOf(isOwn ? String(target) : `${host}:${target}`, attributes);
      return [{ ...(isOwn ? {} : { host }), port: { target, protocol: "tcp", ...own } }];
    }),
    unread: read.filter(({ found }) => !isPort(Number(found?.[2] ?? 0))).map(({ value }) => asText(value)),
  };
}

/** `appPort`, and `--publish` of `runArgs`: what would be taken on the host is remembered. */
export function publishedPorts(written: readonly Json[]): PortTexts {
  const read = written.map((value) => ({ value, port: publishedPort(value) }));
  return {
    ports: read.flatMap(({ port }) => (port === undefined ? [] : [{ port }])),
    unread: read.filter(({ port }) => port === undefined).map(({ value }) => asText(value)),
  };
}

function publishedPort(value: Json): ServicePort | undefined {
  const found = /^(?:(?:(?:[\d.]+|\[[^\]]*\]|[\w.-]+):)?(\d{1,5})?:)?(\d{1,5})(?:\/(tcp|udp))?$/u.exec(asText(value));
  const target = Number(found?.[2] ?? 0);
  if (!isPort(target)) return undefined;
  const published = typeof value === "number" ? String(target) : found?.[1];
  return { target, protocol: found?.[3] ?? "tcp", ...(published === undefined ? {} : { published }) };
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function attributesOf(
  name: string,
  { ports, others }: { readonly ports: JsonObject; readonly others: Json | undefined },
): Pick<ServicePort, "name" | "app_protocol"> {
  const found = Object.entries(ports).find(([key]) => matches(key, name))?.[1] ?? others;
  if (!isObject(found)) return {};
  const { label, protocol } = found;
  return {
    ...(typeof label === "string" && label !== "" ? { name: label } : {}),
    ...(protocol === "http" || protocol === "https" ? { app_protocol: protocol } : {}),
  };
}

/** A port, `host:port`, a range, or a regular expression (a hostile one is given no text to work on: ports are short). */
function matches(key: string, name: string): boolean {
  if (key === name) return true;
  const [, first, last] = /^(\d+)-(\d+)$/u.exec(key) ?? [];
  if (first !== undefined && last !== undefined) return Number(first) <= Number(name) && Number(name) <= Number(last);
  if (/^[\w.:-]*$/u.test(key)) return false;
  try {
    return new RegExp(key, "u").test(name);
  } catch {
    return false;
  }
}
