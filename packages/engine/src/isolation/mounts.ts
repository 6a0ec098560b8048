import { posix } from "node:path";
import type { Service, ServiceVolume } from "../spec/spec.ts";
import type { SharedWithHost } from "./isolated-spec.ts";
import type { ServiceContext } from "./service-context.ts";
import { isInside, type Placement } from "./paths.ts";
import { without } from "./records.ts";

/** A service's mounts with their sources in the workspace. What lies outside stays where it is and is listed. */
export function isolateMounts(service: Service, at: ServiceContext): Service {
  const mounted =
    service.volumes === undefined
      ? service
      : { ...service, volumes: service.volumes.map((volume) => isolateMount(volume, at)) };
  return isolateVolumesFrom(mounted, at);
}

function isolateMount(volume: ServiceVolume, at: ServiceContext): ServiceVolume {
  if (volume.source === undefined) return volume;
  switch (volume.type) {
    case "bind":
      return isolateBind(volume, volume.source, at);
    case "image": {
      const builder = at.survey.builders.get(volume.source);
      return builder === undefined ? volume : { ...volume, source: at.target.imageOf(builder) };
    }
    case "npipe":
    case "cluster":
      at.report.share({ kind: "bind", what: volume.source, service: at.name, readOnly: volume.read_only === true });
      return volume;
    default:
      return volume;
  }
}

function isolateBind(volume: ServiceVolume, source: string, at: ServiceContext): ServiceVolume {
  const place = placeSource(source, at);
  if (place.isPrivate) return { ...volume, source: place.path };
  const shared = { ...volume, source: place.path, ...(place.isProtected ? { read_only: true } : {}) };
  at.report.share({
    kind: bindKind(place.path),
    what: place.path,
    service: at.name,
    readOnly: shared.read_only === true,
  });
  tellShared(source, { place, isReadOnly: volume.read_only === true }, at);
  return shared;
}

function tellShared(
  source: string,
  { place, isReadOnly }: { place: Placement; isReadOnly: boolean },
  at: ServiceContext,
): void {
  if (place.isByLink)
    at.report.notice(
      "shared-with-host",
      `${at.name}: ${source} leads out of the project by a symbolic link, to the host's ${place.path}`,
      at.name,
    );
  if (place.isProtected && !isReadOnly)
    at.report.notice(
      "read-only-outside",
      `${at.name}: ${place.path} is not this environment's own and is mounted read-only`,
      at.name,
    );
}

const WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\)/u;

function placeSource(source: string, at: ServiceContext): Placement {
  if (WINDOWS.test(source)) return { path: source, isPrivate: false, isProtected: false, isByLink: false };
  return at.target.place(posix.isAbsolute(source) ? source : posix.join(at.survey.spec.projectDir, source));
}

const ENGINE_SOCKETS = [
  "/run/containerd/containerd.sock",
  "/run/docker.sock",
  "/run/podman/podman.sock",
  "/var/run/docker.sock",
  "/var/run/podman/podman.sock",
];

/** A folder that contains an engine's socket gives as much as the socket. */
function bindKind(path: string): SharedWithHost["kind"] {
  const clean = posix.resolve("/", path);
  const isSocket = /(?:docker|podman|containerd)[^/]*\.sock$/u.test(clean);
  return isSocket || ENGINE_SOCKETS.some((socket) => isInside(clean, socket)) ? "engine-socket" : "bind";
}

function isolateVolumesFrom(service: Service, at: ServiceContext): Service {
  if (service.volumes_from === undefined) return service;
  const kept = service.volumes_from.flatMap((entry) => volumesFrom(entry, at));
  return kept.length === 0 ? without(service, "volumes_from") : { ...service, volumes_from: kept };
}

/** `service[:mode]` stays; `container:name[:mode]` is a service of ours by its old name, or gone. */
function volumesFrom(entry: string, at: ServiceContext): string[] {
  if (!entry.startsWith("container:")) return [entry];
  const [name = "", mode] = entry.slice("container:".length).split(":");
  const service = at.survey.containers.get(name);
  if (service !== undefined && service !== at.name) return [mode === undefined ? service : `${service}:${mode}`];
  at.report.notice("volumes-from-removed", `${at.name}: volumes of container ${name} are not used`, at.name);
  return [];
}
