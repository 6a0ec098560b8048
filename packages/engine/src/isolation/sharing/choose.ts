import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { EnvironmentSpec, Service } from "../../spec/spec.ts";
import type { IsolationOptions } from "../input.ts";
import type { Report } from "../report.ts";
import { imageBuilders } from "../images.ts";
import { isTrue } from "../ingress.ts";
import { parseLink } from "../links.ts";
import { namedService } from "../namespaces.ts";
import { asRecord, lookup } from "../records.ts";

/** On a service: `"true"` has one container serve it for all environments of the project. */
const SHARE_LABEL = "cilo.share";

/** The services to share: by label, config or command line, less those that are to be isolated. */
export function chooseShared(spec: EnvironmentSpec, options: IsolationOptions, report: Report): ReadonlySet<string> {
  for (const name of [...options.share, ...options.isolate].filter((each) => !Object.hasOwn(spec.services, each)))
    report.notice("unknown-service", `${name} is no service of this environment, so it is neither shared nor isolated`);
  const isShared = ([name, service]: [string, Service]): boolean =>
    (options.share.includes(name) || isTrue(lookup(service.labels, SHARE_LABEL))) && !options.isolate.includes(name);
  return new Set(
    Object.entries(spec.services)
      .filter(isShared)
      .map(([name]) => name),
  );
}

/**
 * Refuses what sharing would break: a shared service serves several environments, so it cannot lean on a service, a
 * volume or a namespace of one of them, nor can one of them live inside it.
 * @throws CiloError `SHARE_REFUSED`
 */
export function checkSharing(services: Readonly<Record<string, Service>>, shared: ReadonlySet<string>): void {
  for (const [name, service] of Object.entries(services)) {
    if (shared.has(name)) {
      refuseIsolatedNeeds(name, service, shared);
      refuseOddNetwork(name, service);
    } else refuseLifeInside(name, service, shared);
  }
  refuseDividedVolumes(services, shared);
  refuseDividedImages(services, shared);
}

function refuseIsolatedNeeds(name: string, service: Service, shared: ReadonlySet<string>): void {
  const needs = [
    ...Object.keys(service.depends_on ?? {}),
    ...(service.links ?? []).map((link) => parseLink(link).target),
  ];
  const isolated = needs.find((need) => Object.hasOwn({ ...service.depends_on }, need) && !shared.has(need));
  if (isolated !== undefined)
    throw refused(name, `it depends on ${isolated}, which every environment has its own of`, isolated);
}

function refuseOddNetwork(name: string, service: Service): void {
  const other = namespaceHost(service);
  if (other !== undefined) throw refused(name, `it lives in a namespace or in volumes of ${other}`, other);
  if (service.network_mode === "none") throw refused(name, "it has no network");
}

function refuseLifeInside(name: string, service: Service, shared: ReadonlySet<string>): void {
  const host = namespaceHost(service, shared);
  if (host !== undefined) throw refused(host, `${name} lives in its namespace or volumes`, name);
}

/** A service whose namespace, volumes or build this one uses; with `among`, one of those. */
function namespaceHost(service: Service, among?: ReadonlySet<string>): string | undefined {
  const modes = [service.network_mode, service.ipc, service.pid].map(namedService);
  const volumes = (service.volumes_from ?? []).filter((entry) => !entry.startsWith("container:"));
  const contexts = Object.values(asRecord(service.build?.additional_contexts) ?? {});
  const used = [
    ...modes,
    ...volumes.map((entry) => entry.split(":")[0]),
    ...contexts.map((context) => (typeof context === "string" ? namedService(context) : undefined)),
  ];
  return used.find((name) => name !== undefined && (among === undefined || among.has(name)));
}

function refuseDividedVolumes(services: Readonly<Record<string, Service>>, shared: ReadonlySet<string>): void {
  const users = new Map<string, string>();
  for (const [name, service] of Object.entries(services))
    for (const { type, source } of service.volumes ?? []) {
      if (type !== "volume" || source === undefined) continue;
      const other = users.get(source) ?? name;
      users.set(source, other);
      if (other === name || (!shared.has(other) && !shared.has(name))) continue;
      const [sharing, using] = shared.has(name) ? [name, other] : [other, name];
      throw refused(sharing, `its volume ${source} is used by ${using} too`, using);
    }
}

/** An image built for the one side is not there under its name for the other. */
function refuseDividedImages(services: Readonly<Record<string, Service>>, shared: ReadonlySet<string>): void {
  const builders = imageBuilders(services, shared);
  for (const [name, { image, build }] of Object.entries(services)) {
    const builder = image === undefined || build !== undefined ? undefined : builders.get(image);
    if (builder === undefined) continue;
    if (shared.has(name)) throw refused(name, `${builder} builds its image, for one environment`, builder);
    if (shared.has(builder)) throw refused(builder, `${name} uses the image it builds`, name);
  }
}

function refused(service: string, reason: string, other?: string): CiloError {
  const instead = `--isolate ${service}`;
  return new CiloError(EngineCode.shareRefused, `service ${service} cannot be shared: ${reason}`, {
    hint: other === undefined ? `Use ${instead}` : `Share ${other} as well, or use ${instead}`,
  });
}
