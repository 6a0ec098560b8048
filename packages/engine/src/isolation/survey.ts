import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { EnvironmentSpec, Service } from "../spec/spec.ts";
import type { PlanInput } from "./input.ts";
import type { Report } from "./report.ts";
import type { Survey } from "./service-context.ts";
import { fixedAddresses } from "./addresses.ts";
import { serviceHostnames } from "./hostnames.ts";
import { imageBuilders } from "./images.ts";
import { chooseIngress } from "./ingress.ts";
import { knownAs } from "./links.ts";
import { apexHostname, serviceHostname } from "./names.ts";
import { networkNames } from "./network-references.ts";
import { networkTenants, settleNamespaces } from "./namespaces.ts";
import { oneShotServices } from "./one-shot.ts";
import { filterRecord, mapValues, optional } from "./records.ts";
import { serviceLabels } from "./service-labels.ts";
import { checkSharing, chooseShared } from "./sharing/choose.ts";

/**
 * Looks at the whole project before any service is rewritten: what things are called, who knows whom by which name,
 * what is shared, and which service is the ingress.
 * @throws CiloError `NAME_INVALID`, `NAME_TAKEN`, `HOSTNAME_INVALID`, `SHARE_REFUSED`, `SERVICE_NOT_FOUND`
 */
export function surveyProject(spec: EnvironmentSpec, input: PlanInput, report: Report): Survey {
  checkScale(spec, input);
  const labels = serviceLabels(Object.keys(spec.services));
  const containers = containerNames(spec.services);
  const services = mapValues(spec.services, (service, name) => settleNamespaces(service, { name, containers, report }));
  const shared = chooseShared(spec, input.options, report);
  checkSharing(services, shared);
  const fixed = fixedAddresses(services);
  const kept = keptExternals(spec, input);
  const ingress = chooseIngress(
    {
      services: filterRecord(services, (name) => !shared.has(name)),
      labels,
      project: input.identity.project,
      ...optional("configured", input.options.ingress),
    },
    report,
  );
  return {
    spec,
    input,
    services,
    labels,
    containers,
    shared,
    kept,
    networkNames: networkNames(spec.networks),
    builders: imageBuilders(services, shared),
    fixedAddresses: fixed,
    tenants: networkTenants(services),
    oneShots: oneShotServices(services),
    hostnames: hostnamesOf(services, { input, labels, ingress, report }),
    knownAs: knownAs(services, { fixed, kept: kept.networks }),
    ...optional("ingress", ingress),
  };
}

function checkScale(spec: EnvironmentSpec, input: PlanInput): void {
  for (const name of Object.keys(input.options.scale))
    if (!Object.hasOwn(spec.services, name))
      throw new CiloError(EngineCode.serviceNotFound, `there is no service ${name} to scale`, {
        hint: `Services: ${Object.keys(spec.services).join(", ")}`,
      });
}

function containerNames(services: Readonly<Record<string, Service>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(services).flatMap(([name, { container_name }]) =>
      container_name === undefined ? [] : [[container_name, name] as const],
    ),
  );
}

function keptExternals(spec: EnvironmentSpec, input: PlanInput): Survey["kept"] {
  const keep = new Set(input.options.keepExternal);
  const keptKeys = (
    entries: Readonly<Record<string, { external?: boolean | undefined; name?: string | undefined } | null>> | undefined,
  ): ReadonlySet<string> =>
    new Set(
      Object.entries(entries ?? {})
        .filter(([key, value]) => value?.external === true && (keep.has(key) || keep.has(value.name ?? key)))
        .map(([key]) => key),
    );
  return { networks: keptKeys(spec.networks), volumes: keptKeys(spec.volumes) };
}

function hostnamesOf(
  services: Readonly<Record<string, Service>>,
  at: { input: PlanInput; labels: ReadonlyMap<string, string>; ingress: string | undefined; report: Report },
): Survey["hostnames"] {
  const { identity, options } = at.input;
  const taken = new Map([...at.labels].map(([name, label]) => [serviceHostname(identity, label), name]));
  if (at.ingress !== undefined) taken.set(apexHostname(identity), at.ingress);
  for (const name of Object.keys(options.hostnames).filter((each) => !Object.hasOwn(services, each)))
    at.report.notice("unknown-service", `hostnames: ${name} is no service of this environment`);
  return serviceHostnames(services, options.hostnames, taken);
}
