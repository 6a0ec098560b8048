import type { EnvironmentSpec, Service } from "../../spec/spec.ts";
import {
  type Allocation,
  type ComposeDocument,
  Label,
  type NetworkNeed,
  type SharedService,
} from "../isolated-spec.ts";
import type { Report } from "../report.ts";
import type { Survey, Target } from "../service-context.ts";
import { networkAliases } from "../aliases.ts";
import { isolateFileObjects } from "../files.ts";
import { sha256, sharedImageName, sharedProjectName } from "../names.ts";
import { privateNetwork } from "../networks.ts";
import { placeInSource } from "../paths.ts";
import { endpointPorts } from "../ports.ts";
import { filterRecord, lookup, mapValues, optional, without } from "../records.ts";
import { containerCount } from "../scale.ts";
import { sharedServiceSteps } from "../service-steps.ts";
import { isolateVolumes } from "../volumes.ts";

/** Key of the one network in a shared service's own Compose project. */
const OWN_NETWORK = "default";

/** The project's shared services, those that others depend on first. */
export function sharedServices(survey: Survey, report: Report): SharedService[] {
  return inOrderOfNeed(survey).map((name) => sharedService(name, survey, report));
}

function sharedService(name: string, survey: Survey, report: Report): SharedService {
  const service = lookup(survey.services, name) ?? {};
  const label = survey.labels.get(name) ?? name;
  const hash = definitionHash(name, survey);
  const target = sharedTarget(survey, { label, hash });
  report.share({ kind: "service", what: `${name} (${target.composeProject})`, service: name, readOnly: false });
  return {
    name,
    label,
    hash,
    composeProject: target.composeProject,
    document: sharedDocument(name, { survey, target, report }),
    networks: attachments(name, service, survey),
    ports: endpointPorts(service),
    hostnames: survey.hostnames.get(name) ?? [],
  };
}

function sharedTarget(survey: Survey, service: { label: string; hash: string }): Target {
  const { identity } = survey.input;
  return {
    composeProject: sharedProjectName(identity, service),
    labels: { [Label.home]: identity.home, [Label.project]: identity.project, [Label.shared]: service.hash },
    place: placeInSource(survey.input),
    networkOptions: survey.input.networkOptions ?? {},
    imageOf: () => sharedImageName(identity, service),
  };
}

/**
 * Everything that decides what the container is: its definition with all it refers to. Equal for every environment of
 * a project in one home; another definition is another container.
 */
function definitionHash(name: string, survey: Survey): string {
  const { identity, options, networkOptions } = survey.input;
  const scale = lookup(options.scale, name);
  return sha256(
    canonicalJson([
      identity.home,
      identity.project,
      name,
      scale ?? null,
      referenced(name, survey.spec, survey.services),
      // Engines that want different options are different engines: each has a container of its own.
      ...(networkOptions === undefined ? [] : [networkOptions]),
    ]),
  );
}

function referenced(
  name: string,
  spec: EnvironmentSpec,
  services: Readonly<Record<string, Service>>,
): Pick<EnvironmentSpec, "services" | "volumes" | "configs" | "secrets"> {
  const service = lookup(services, name) ?? {};
  const volumes = new Set((service.volumes ?? []).filter((each) => each.type === "volume").map((each) => each.source));
  const configs = new Set((service.configs ?? []).map((each) => each.source));
  const secrets = new Set([...(service.secrets ?? []), ...(service.build?.secrets ?? [])].map((each) => each.source));
  return {
    services: { [name]: service },
    volumes: filterRecord(spec.volumes ?? {}, (key) => volumes.has(key)),
    configs: filterRecord(spec.configs ?? {}, (key) => configs.has(key)),
    secrets: filterRecord(spec.secrets ?? {}, (key) => secrets.has(key)),
  };
}

function sharedDocument(name: string, at: { survey: Survey; target: Target; report: Report }): ComposeDocument {
  const parts = referenced(name, at.survey.spec, at.survey.services);
  const label = at.survey.labels.get(name) ?? name;
  return {
    name: at.target.composeProject,
    services: mapValues(parts.services, (service) =>
      sharedServiceSteps.reduce((result, step) => step(result, { name, label, ...at }), onOwnNetwork(service)),
    ),
    networks: { [OWN_NETWORK]: privateNetwork({}, { key: OWN_NETWORK, target: at.target, report: at.report }) },
    volumes: isolateVolumes(parts.volumes ?? {}, at),
    ...optional("configs", isolateFileObjects(parts.configs, { ...at, what: "config" })),
    ...optional("secrets", isolateFileObjects(parts.secrets, { ...at, what: "secret" })),
  };
}

/** Its own network alone, and nothing of an environment's: what it depended on is shared too and started before it. */
function onOwnNetwork(service: Service): Service {
  return { ...without(service, "depends_on", "links", "external_links"), networks: { [OWN_NETWORK]: null } };
}

/** The environment's networks it joins, with its names there: those that a service of the environment is on. */
function attachments(name: string, service: Service, survey: Survey): Record<string, readonly string[]> {
  const isUsed = (network: string): boolean =>
    Object.entries(survey.services).some(
      ([other, { networks }]) => !survey.shared.has(other) && Object.hasOwn(networks ?? {}, network),
    );
  const keys = Object.keys(service.networks ?? {}).filter(isUsed);
  return Object.fromEntries(keys.map((key) => [key, [name, ...networkAliases(survey, name, key)]]));
}

/** What a shared service's own Compose project needs: one network. */
export function planSharedNetworks(shared: SharedService): NetworkNeed[] {
  const [service = {}] = Object.values(shared.document.services);
  return [{ key: OWN_NETWORK, hosts: containerCount(service, undefined) }];
}

/** The shared service's document with its network on the subnet that was claimed for it. */
export function sharedDocumentWith(shared: SharedService, allocation: Allocation): ComposeDocument {
  const networks = mapValues(shared.document.networks ?? {}, (network, key) => {
    const subnet = lookup(allocation.subnets, key);
    return subnet === undefined ? network : { ...network, ipam: { config: [{ subnet }] } };
  });
  return { ...shared.document, networks };
}

function inOrderOfNeed(survey: Survey): string[] {
  const ordered = new Set<string>();
  const visit = (name: string, above: ReadonlySet<string>): void => {
    if (!survey.shared.has(name) || ordered.has(name) || above.has(name)) return;
    const needs = Object.keys(lookup(survey.services, name)?.depends_on ?? {});
    for (const need of needs) visit(need, new Set([...above, name]));
    ordered.add(name);
  };
  for (const name of survey.shared) visit(name, new Set());
  return [...ordered];
}

/** JSON with sorted keys, so that the order in a file does not count. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
