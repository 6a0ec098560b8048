import type { Service } from "../spec/spec.ts";

/** Names that jobs have: `migrate`, `db-init`, `seed_data`. */
const JOB = /(?:^|[-_.])(?:bootstrap|init|job|migrate|migrations?|migrator|once|provision|seed|setup)(?:$|[-_.])/iu;

/**
 * The services that run once and whose ending is success: something waits for them to complete, or they are not
 * restarted, nothing connects to them and their names are a job's.
 */
export function oneShotServices(services: Readonly<Record<string, Service>>): ReadonlySet<string> {
  const dependencies = Object.values(services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}));
  const awaited = dependencies.filter(([, { condition }]) => condition === "service_completed_successfully");
  const jobs = Object.entries(services).filter(([name, service]) => JOB.test(name) && endsByItself(service));
  return new Set([...awaited, ...jobs].map(([name]) => name));
}

function endsByItself(service: Service): boolean {
  const isRestarted = service.restart !== undefined && !/^(?:no|on-failure(?::\d+)?)$/u.test(service.restart);
  const isServer = (service.ports ?? []).length > 0 || (service.expose ?? []).length > 0;
  return !isRestarted && !isServer && service.healthcheck === undefined;
}
