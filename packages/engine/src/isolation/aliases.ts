import type { ServiceNetwork } from "../spec/spec.ts";
import type { Survey } from "./service-context.ts";
import { apexHostname, serviceHostname } from "./names.ts";
import { lookup, unique } from "./records.ts";

/**
 * The names a service answers to on one network, beside the service name that Compose adds itself. On a network that
 * stays the engine's own only those that no other environment can have.
 */
export function networkAliases(survey: Survey, service: string, network: string): string[] {
  const definition = lookup(survey.services, service);
  const declared = lookup(definition?.networks, network)?.aliases ?? [];
  const hosted = [service, ...(survey.tenants.get(service) ?? [])];
  const unmistakable = hosted.flatMap((name) => hostnamesOf(survey, name));
  if (survey.kept.networks.has(network)) return unique([...declared, ...unmistakable]);
  return unique([
    ...declared,
    ...unmistakable,
    ...hosted.flatMap((name) => survey.hostnames.get(name) ?? []),
    ...hosted.flatMap((name) => namesFromBefore(survey, name)),
    ...(survey.knownAs.get(service)?.get(network) ?? []),
  ]).filter((alias) => alias !== service);
}

function hostnamesOf(survey: Survey, service: string): string[] {
  const identity = survey.input.identity;
  const own = serviceHostname(identity, survey.labels.get(service) ?? service);
  return survey.ingress === service ? [own, apexHostname(identity)] : [own];
}

/** Its label where the name is not one, and the `container_name` it had. */
function namesFromBefore(survey: Survey, service: string): string[] {
  const container = lookup(survey.services, service)?.container_name;
  return [survey.labels.get(service) ?? service, ...(container === undefined ? [] : [container])];
}

/** A service's settings on a network with its aliases there. */
export function withAliases(network: ServiceNetwork | null, aliases: readonly string[]): ServiceNetwork {
  return { ...network, aliases: [...aliases] };
}
