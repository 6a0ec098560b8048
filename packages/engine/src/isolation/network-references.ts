import type { Service } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { engineName } from "./names.ts";
import { lookup, mapValues } from "./records.ts";

/**
 * Labels such as `traefik.docker.network` tell a program at the engine's socket which network to use, by its name
 * there. Where that is one of the project's networks, the label follows it to its new name.
 */
export function followNetworkLabels(service: Service, at: ServiceContext): Service {
  if (service.labels === undefined) return service;
  return { ...service, labels: mapValues(service.labels, (value, label) => networkLabel(label, value, at)) };
}

function networkLabel(label: string, value: string, at: ServiceContext): string {
  if (!/\.(?:docker|podman|swarm)\.network$/u.test(label)) return value;
  const key = at.survey.networkNames.get(value);
  return key === undefined || at.survey.kept.networks.has(key) ? value : engineName(at.target.composeProject, key);
}

/** Name at the engine → key, of the project's networks. */
export function networkNames(networks: ServiceContext["survey"]["spec"]["networks"]): ReadonlyMap<string, string> {
  const keys = Object.keys(networks ?? {});
  return new Map(keys.map((key) => [lookup(networks, key)?.name ?? key, key]));
}
