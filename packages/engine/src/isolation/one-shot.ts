import type { Service } from "../spec/spec.ts";
import { lookup } from "./records.ts";

/** Names that jobs have: `migrate`, `db-init`, `seed_data`. */
const JOB = /(?:^|[-_.])(?:bootstrap|init|job|migrate|migrations?|migrator|once|provision|seed|setup)(?:$|[-_.])/iu;

/**
 * True when a service runs once and its ending is success: something waits for it to complete, or it is not restarted,
 * nothing connects to it and its name is a job's.
 */
export function isOneShot(name: string, services: Readonly<Record<string, Service>>): boolean {
  const isAwaited = Object.values(services).some(
    ({ depends_on }) => lookup(depends_on, name)?.condition === "service_completed_successfully",
  );
  const service = lookup(services, name);
  return isAwaited || (service !== undefined && JOB.test(name) && endsByItself(service));
}

function endsByItself(service: Service): boolean {
  const isRestarted = service.restart !== undefined && !/^(?:no|on-failure(?::\d+)?)$/u.test(service.restart);
  const isServer = (service.ports ?? []).length > 0 || (service.expose ?? []).length > 0;
  return !isRestarted && !isServer && service.healthcheck === undefined;
}
