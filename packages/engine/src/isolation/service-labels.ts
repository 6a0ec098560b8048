import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { serviceLabel } from "../spec/names.ts";

/**
 * Each service's DNS label.
 * @throws CiloError `NAME_INVALID` when a name cannot be one, `NAME_TAKEN` when two services would get the same
 */
export function serviceLabels(services: readonly string[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const service of services) {
    const label = labelOf(service);
    const other = owners.get(label);
    if (other !== undefined) throw sameLabel(other, service, label);
    owners.set(label, service);
    labels.set(service, label);
  }
  return labels;
}

function labelOf(service: string): string {
  const label = serviceLabel(service);
  if (label !== undefined) return label;
  throw new CiloError(
    EngineCode.nameInvalid,
    `service name ${JSON.stringify(service.slice(0, 80))} cannot be made a DNS name`,
    { hint: "Use 1 to 63 of a-z, 0-9, '-', '_' and '.', with a letter or digit first and last" },
  );
}

function sameLabel(first: string, second: string, label: string): CiloError {
  return new CiloError(
    EngineCode.nameTaken,
    `services ${first} and ${second} would both be called ${label}.<environment>`,
    {
      hint: "Rename one of them: in DNS names upper case is lower case, and '_' and '.' become '-'",
    },
  );
}
