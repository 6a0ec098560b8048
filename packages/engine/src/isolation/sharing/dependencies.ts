import type { Service } from "../../spec/spec.ts";
import type { ServiceContext } from "../service-context.ts";
import { filterRecord, without } from "../records.ts";

/**
 * Leaves dependencies between services of the document. Shared ones are up and healthy before the environment starts;
 * optional ones that no chosen profile has are not there at all.
 */
export function keepOwnDependencies(service: Service, at: ServiceContext): Service {
  if (service.depends_on === undefined) return service;
  const own = filterRecord(service.depends_on, (name) => isOwn(name, at));
  const rest = without(service, "depends_on");
  return Object.keys(own).length === 0 ? rest : { ...rest, depends_on: own };
}

function isOwn(name: string, { survey }: ServiceContext): boolean {
  return Object.hasOwn(survey.services, name) && !survey.shared.has(name);
}
