import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { EnvironmentSpec, Notice, Service } from "../../spec/spec.ts";
import type { ParseOptions, Parser } from "../parser.ts";
import { composeServiceProject } from "./compose-service.ts";
import { type ResolvedDevcontainer, readDevcontainer } from "./configuration.ts";
import { devcontainerFileFrom } from "./discover.ts";
import { featureProblems } from "./features.ts";
import { METADATA_LABEL, commandOf, labelEntries, labelPart, merge, type Merged } from "./metadata.ts";
import { overrideService } from "./override.ts";
import { OWN_SERVICE, ownServiceProject, volumesOf } from "./own-service.ts";
import { type WantedPort, forwardedPorts } from "./ports.ts";
import { type JsonObject, invalid } from "./read.ts";
import { substituteId } from "./substitute.ts";
import { workbenchOf } from "./workbench.ts";

/** Reads devcontainer.json in any of its three places (docs/SUPPORTED_FORMATS.md). */
export const devcontainerParser: Parser = {
  format: "devcontainer",
  detect: devcontainerFileFrom,
  parse: parseDevcontainer,
  hostCommand: (options) => commandOf(read(options).configuration["initializeCommand"]),
};

function read(options: ParseOptions): ResolvedDevcontainer {
  return readDevcontainer({ ...options, mountGitRoot: true });
}

function parseDevcontainer(options: ParseOptions): EnvironmentSpec {
  const resolved = withId(read(options), options.workingDir);
  const problems = featureProblems(resolved.source, options.files);
  if (problems.length > 0) throw invalid(problems);
  const notices: Notice[] = [...resolved.notices];
  const rawEntries = entriesOf(options, notices);
  const merged = merge([
    ...rawEntries.map((entry) => withoutId(resolved.substitute(entry), options.workingDir)),
    labelPart(resolved.configuration),
  ]);
  const project = projectOf(resolved, { ...options, name: nameOf(options) });
  const override = { resolved, merged, image: options.image, rawEntries, replacesCommand: !project.isCompose, notices };
  const service = overrideService(project.spec.services[project.service] ?? {}, override);
  const services = withPorts(
    { ...project.spec.services, [project.service]: service },
    {
      merged,
      entered: project.service,
      notices,
    },
  );
  return {
    ...project.spec,
    source: "devcontainer",
    files: [resolved.source.path, ...project.spec.files.filter((file) => file !== resolved.source.path)],
    services,
    volumes: { ...volumesOf(service.volumes ?? []), ...project.spec.volumes },
    workbench: workbenchOf({ resolved, merged }, { name: project.service, isBuilt: options.image !== undefined }),
    notices: [...project.spec.notices, ...notices],
  };
}

function projectOf(
  resolved: ResolvedDevcontainer,
  options: ParseOptions & { readonly name: string },
): { readonly spec: EnvironmentSpec; readonly service: string; readonly isCompose: boolean } {
  if ("dockerComposeFile" in resolved.configuration)
    return { ...composeServiceProject(resolved, options), isCompose: true };
  return { spec: ownServiceProject(resolved, options), service: OWN_SERVICE, isCompose: false };
}

/** As the folder is called, by the rule for Compose projects. */
function nameOf({ projectName, workingDir }: ParseOptions): string {
  if (projectName !== undefined && projectName !== "") return projectName;
  const name = posix
    .basename(workingDir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/gu, "")
    .replace(/^[_-]+/u, "");
  return name === "" ? "devcontainer" : name;
}

/** Environments keep volumes apart themselves, so what is called by this id may be called the same in each. */
function devcontainerId(workingDir: string): string {
  const digest = createHash("sha256").update(workingDir).digest("hex");
  return BigInt(`0x${digest}`).toString(32).padStart(52, "0");
}

function withoutId(entry: JsonObject, workingDir: string): JsonObject {
  return substituteId(entry, devcontainerId(workingDir));
}

/** Everywhere but in what the image is built from. */
function withId(resolved: ResolvedDevcontainer, workingDir: string): ResolvedDevcontainer {
  const isBuilt = (name: string): boolean => ["build", "features", "dockerFile", "context"].includes(name);
  const built = Object.entries(resolved.configuration).filter(([name]) => isBuilt(name));
  return {
    ...resolved,
    configuration: { ...withoutId(resolved.configuration, workingDir), ...Object.fromEntries(built) },
  };
}

function entriesOf({ image }: ParseOptions, notices: Notice[]): readonly JsonObject[] {
  const entries = labelEntries(image?.labels[METADATA_LABEL]);
  if (entries !== undefined) return entries;
  notices.push({
    code: "label-ignored",
    message: `the label ${METADATA_LABEL} of the image is no JSON and is not used`,
  });
  return [];
}

function withPorts(
  services: Readonly<Record<string, Service>>,
  { merged, entered, notices }: { readonly merged: Merged; readonly entered: string; readonly notices: Notice[] },
): Record<string, Service> {
  const { ports, unread } = forwardedPorts(merged.union("forwardPorts"), {
    ports: merged.members("portsAttributes"),
    others: merged.last("otherPortsAttributes"),
  });
  for (const text of unread)
    notices.push({ code: "port-ignored", message: `forwardPorts: ${JSON.stringify(text)} is no port` });
  for (const { host } of ports.filter(({ host }) => host !== undefined && !Object.hasOwn(services, host)))
    notices.push({ code: "port-ignored", message: `forwardPorts: there is no service ${JSON.stringify(host)}` });
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, withOwnPorts(service, ports, { name, entered })]),
  );
}

function withOwnPorts(
  service: Service,
  wanted: readonly WantedPort[],
  { name, entered }: { readonly name: string; readonly entered: string },
): Service {
  const known = new Set((service.ports ?? []).map(({ target, protocol }) => `${target}/${protocol ?? "tcp"}`));
  const own = wanted.filter(({ host }) => (host ?? entered) === name).map(({ port }) => port);
  const more = own.filter(({ target, protocol }) => !known.has(`${target}/${protocol ?? "tcp"}`));
  return more.length === 0 ? service : { ...service, ports: [...(service.ports ?? []), ...more] };
}
