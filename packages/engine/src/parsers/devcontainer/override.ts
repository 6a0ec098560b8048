import type { Notice, Service, ServiceVolume } from "../../spec/spec.ts";
import type { ImageFacts } from "../parser.ts";
import type { ResolvedDevcontainer } from "./configuration.ts";
import { METADATA_LABEL, type Merged, labelPart } from "./metadata.ts";
import { type Json, type JsonObject, asText } from "./read.ts";
import { lastByTarget, parseMount } from "./mounts.ts";

/** What a devcontainer does to the service that is entered, whatever defined it. */
export interface Override {
  readonly resolved: ResolvedDevcontainer;
  readonly merged: Merged;
  readonly image: ImageFacts | undefined;
  /** As the image's label has them, for the container's own. */
  readonly rawEntries: readonly JsonObject[];
  /** `overrideCommand` where nobody says. */
  readonly replacesCommand: boolean;
  readonly notices: Notice[];
}

/** The service with everything the configuration and the image's label ask for. */
export function overrideService(service: Service, override: Override): Service {
  const { merged } = override;
  const user = merged.last("containerUser");
  const environment = merged.members("containerEnv");
  return {
    ...service,
    ...runs(service, override),
    ...(typeof user === "string" ? { user } : {}),
    ...(merged.any("init") ? { init: true } : {}),
    ...(merged.any("privileged") ? { privileged: true } : {}),
    ...listed(service, "cap_add", merged.union("capAdd")),
    ...listed(service, "security_opt", merged.union("securityOpt")),
    ...(Object.keys(environment).length === 0
      ? {}
      : { environment: { ...service.environment, ...texts(environment) } }),
    ...mounted(service, override),
    ...reserved(override),
    labels: { ...service.labels, ...labels(override) },
  };
}

function texts(values: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, asText(value)]));
}

function listed(service: Service, attribute: string, more: readonly Json[]): Record<string, unknown> {
  if (more.length === 0) return {};
  const own = service[attribute];
  return { [attribute]: [...new Set([...(Array.isArray(own) ? own : []), ...more.map(asText)])] };
}

/** Runs entrypoints of Features, then the command, and keeps the container when that has ended or there is none. */
const KEEP_ALIVE = (entrypoints: readonly string[]): string =>
  `echo Container started\ntrap "exit 0" 15\n${entrypoints.join("\n")}\nexec "$@"\nwhile sleep 1 & wait $!; do :; done`;

function runs(service: Service, { merged, image, replacesCommand }: Override): Service {
  const asked = merged.last("overrideCommand");
  const isReplaced = typeof asked === "boolean" ? asked : replacesCommand;
  // What the image runs by itself is known once it is there.
  if (!isReplaced && image === undefined && merged.entrypoints.length === 0) return {};
  const command = isReplaced ? [] : ownCommand(service, image);
  return { entrypoint: ["/bin/sh", "-c", KEEP_ALIVE(merged.entrypoints), "-", ...command], command: [] };
}

/** An entrypoint of the project's takes the image's command away, as in Compose. */
function ownCommand(service: Service, image: ImageFacts | undefined): string[] {
  const command = service.command ?? (service.entrypoint ? [] : (image?.command ?? []));
  return [...(service.entrypoint ?? image?.entrypoint ?? []), ...command];
}

function mounted(service: Service, { merged, resolved, notices }: Override): Pick<Service, "volumes"> {
  const written = merged.entries.flatMap(({ mounts }) => (Array.isArray(mounts) ? mounts : []));
  const mounts = written.flatMap((mount): ServiceVolume[] => {
    const parsed = parseMount(mount);
    if (parsed !== undefined) return [parsed];
    const { file, line } = resolved.source.problem(["mounts"], "");
    notices.push({ code: "mount-ignored", message: `${file}:${line}: ${JSON.stringify(mount)} has no target` });
    return [];
  });
  const volumes = [...(service.volumes ?? []), ...mounts];
  return volumes.length === 0 ? {} : { volumes: lastByTarget(volumes) };
}

/** A GPU that must be there is asked of the engine; one that may be is not, since nobody knows before. */
function reserved({ merged }: Override): Pick<Service, "deploy"> {
  const gpus = merged.entries.map(({ hostRequirements }) => gpuOf(hostRequirements));
  if (!gpus.some((gpu) => gpu === true || (typeof gpu === "object" && gpu !== null))) return {};
  return { deploy: { resources: { reservations: { devices: [{ capabilities: ["gpu"], count: -1 }] } } } };
}

function gpuOf(requirements: unknown): unknown {
  return typeof requirements === "object" && requirements !== null && "gpu" in requirements
    ? requirements.gpu
    : undefined;
}

/** What editors look for on a container. */
function labels({ resolved, rawEntries }: Override): Record<string, string> {
  return { [METADATA_LABEL]: JSON.stringify([...rawEntries, labelPart(resolved.raw)]) };
}
