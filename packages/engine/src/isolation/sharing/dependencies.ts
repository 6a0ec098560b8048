import type { Service } from "../../spec/spec.ts";
import type { ServiceContext } from "../service-context.ts";
import { filterRecord, without } from "../records.ts";

/** Shared services are up and healthy before the environment starts; its own document does not know them. */
export function dropSharedDependencies(service: Service, at: ServiceContext): Service {
  if (service.depends_on === undefined) return service;
  const own = filterRecord(service.depends_on, (name) => !at.survey.shared.has(name));
  const rest = without(service, "depends_on");
  return Object.keys(own).length === 0 ? rest : { ...rest, depends_on: own };
}
