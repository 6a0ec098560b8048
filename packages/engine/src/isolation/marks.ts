import type { Service } from "../spec/spec.ts";
import { Label } from "./isolated-spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { without } from "./records.ts";

/** Marks a service's containers as ours. The project's own labels stay, but for those that are Cilo's words. */
export function labelService(service: Service, at: ServiceContext): Service {
  const labels = { ...service.labels, ...at.target.labels, [Label.service]: at.name };
  return { ...service, labels };
}

/** Its container is called by the Compose project, so that there can be many; its old name stays as an alias. */
export function dropContainerName(service: Service, at: ServiceContext): Service {
  if (service.container_name === undefined) return service;
  at.report.notice(
    "container-name-removed",
    `${at.name}: container name ${service.container_name} is a name inside the environment only`,
    at.name,
  );
  return without(service, "container_name");
}

/** The spec has the services of the chosen profiles alone; with the profile's name Compose would disable them again. */
export function dropProfiles(service: Service): Service {
  return without(service, "profiles");
}
