import type { Service } from "../spec/spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { asRecord, lookup } from "./records.ts";

/** Containers wanted of a service: the user's word, else `scale`, else `deploy.replicas`, else one. */
export function containerCount(service: Service, override: number | undefined): number {
  const replicas = service.deploy?.["replicas"];
  return override ?? service.scale ?? (typeof replicas === "number" ? replicas : 1);
}

/** Writes the user's word into the service, in both places, which must agree. */
export function applyScale(service: Service, at: ServiceContext): Service {
  const scale = lookup(at.survey.input.options.scale, at.name);
  if (scale === undefined) return service;
  const deploy =
    asRecord(service.deploy)?.["replicas"] === undefined ? {} : { deploy: { ...service.deploy, replicas: scale } };
  return { ...service, scale, ...deploy };
}
