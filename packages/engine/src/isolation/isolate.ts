import type { EnvironmentSpec, Service } from "../spec/spec.ts";
import type { IsolationInput, PlanInput } from "./input.ts";
import type { ComposeDocument, IsolatedService, IsolatedSpec, NetworkNeed } from "./isolated-spec.ts";
import type { Survey, Target } from "./service-context.ts";
import { isolateFileObjects } from "./files.ts";
import { composeProjectName, environmentLabels, imageName } from "./names.ts";
import { networkHost } from "./namespaces.ts";
import { loopbackAddresses, publishOnLoopback } from "./loopback.ts";
import { isolateNetworks, networkNeeds } from "./networks.ts";
import { placeInWorkspace } from "./paths.ts";
import { endpointPorts } from "./ports.ts";
import { filterRecord, lookup, mapValues, optional } from "./records.ts";
import { type Report, createReport } from "./report.ts";
import { containerCount } from "./scale.ts";
import { serviceSteps } from "./service-steps.ts";
import { sharedServices } from "./sharing/shared-service.ts";
import { surveyProject } from "./survey.ts";
import { isolateVolumes } from "./volumes.ts";

/**
 * The networks an environment of this project needs subnets for, before it has any.
 * @throws CiloError as {@link isolate}
 */
export function planNetworks(spec: EnvironmentSpec, input: PlanInput): NetworkNeed[] {
  return networkNeeds(surveyProject(spec, input, createReport()));
}

/**
 * Turns a project into one environment of it: nothing it makes at an engine or on the host is called, addressed or
 * stored like anything of another environment, and what it still has in common with the host is listed. Pure: equal
 * inputs give equal output, and neither input is changed. `notices` are those of isolation alone, not the parser's.
 *
 * `allocation` must have a subnet for every need of {@link planNetworks}.
 * @throws CiloError `NAME_INVALID`, `NAME_TAKEN`, `HOSTNAME_INVALID`, `SHARE_REFUSED`, `SERVICE_NOT_FOUND`
 */
export function isolate(spec: EnvironmentSpec, input: IsolationInput): IsolatedSpec {
  const report = createReport();
  const survey = surveyProject(spec, input, report);
  const target = environmentTarget(survey);
  const shared = sharedServices(survey, report);
  const loopback = loopbackAddresses(survey, input.allocation);
  return {
    identity: input.identity,
    composeProject: target.composeProject,
    document: isolateDocument(survey, target, { allocation: input.allocation, report, loopback }),
    services: Object.keys(ownServices(survey)).map((name) => describeService(name, survey, loopback)),
    ...optional("ingress", survey.ingress),
    ...optional("workbench", spec.workbench),
    shared,
    sharedWithHost: report.sharedWithHost,
    notices: report.notices,
  };
}

function environmentTarget(survey: Survey): Target {
  const { identity } = survey.input;
  return {
    composeProject: composeProjectName(identity),
    labels: environmentLabels(identity),
    place: placeInWorkspace(survey.input),
    networkOptions: survey.input.networkOptions ?? {},
    imageOf: (builder) => imageName(identity, survey.labels.get(builder) ?? builder),
  };
}

function ownServices(survey: Survey): Record<string, Service> {
  return filterRecord(survey.services, (name) => !survey.shared.has(name));
}

function isolateDocument(
  survey: Survey,
  target: Target,
  at: { allocation: IsolationInput["allocation"]; report: Report; loopback: ReadonlyMap<string, string> },
): ComposeDocument {
  const { spec } = survey;
  const { report, loopback } = at;
  return {
    name: target.composeProject,
    services: mapValues(ownServices(survey), (service, name) =>
      publishOnLoopback(isolateService(service, { name, survey, target, report }), {
        name,
        survey,
        address: loopback.get(name),
      }),
    ),
    networks: isolateNetworks(survey, target, at),
    volumes: isolateVolumes(spec.volumes ?? {}, { survey, target, report }),
    ...optional("configs", isolateFileObjects(spec.configs, { target, report, what: "config" })),
    ...optional("secrets", isolateFileObjects(spec.secrets, { target, report, what: "secret" })),
    ...optional("other", spec.other),
  };
}

function isolateService(
  service: Service,
  at: { name: string; survey: Survey; target: Target; report: Report },
): Service {
  const label = at.survey.labels.get(at.name) ?? at.name;
  if (label !== at.name)
    at.report.notice("name-mapped", `service ${at.name} is called ${label} in host names`, at.name);
  return serviceSteps.reduce((result, step) => step(result, { ...at, label }), service);
}

function describeService(name: string, survey: Survey, loopback: ReadonlyMap<string, string>): IsolatedService {
  const service = lookup(survey.services, name) ?? {};
  return {
    name,
    label: survey.labels.get(name) ?? name,
    ports: endpointPorts(service),
    hostnames: survey.hostnames.get(name) ?? [],
    scale: containerCount(service, lookup(survey.input.options.scale, name)),
    oneShot: survey.oneShots.has(name),
    ...optional("networkOf", networkHost(name, survey.services)),
    ...optional("loopback", loopback.get(networkHost(name, survey.services) ?? name)),
  };
}
