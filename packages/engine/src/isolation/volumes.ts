import type { Volume } from "../spec/spec.ts";
import type { Report } from "./report.ts";
import type { Survey, Target } from "./service-context.ts";
import { engineName } from "./names.ts";
import { lookup, without } from "./records.ts";

/** The named volumes of a Compose project: its own, and those that stay the engine's. */
export function isolateVolumes(
  volumes: Readonly<Record<string, Volume | null>>,
  at: { survey: Survey; target: Target; report: Report },
): Record<string, Volume> {
  return Object.fromEntries(
    Object.entries(volumes).map(([key, volume]) => {
      const isKept = at.survey.kept.volumes.has(key);
      return [key, isKept ? keptVolume(volume ?? {}, key, at.report) : privateVolume(volume ?? {}, { key, ...at })];
    }),
  );
}

function keptVolume(volume: Volume, key: string, report: Report): Volume {
  const name = volume.name ?? key;
  report.share({ kind: "volume", what: name, readOnly: false });
  report.notice("external-kept", `volume ${key} is the engine's own volume ${name}, shared with whatever uses it`);
  return { external: true, name };
}

function privateVolume(volume: Volume, at: { key: string; target: Target; report: Report }): Volume {
  if (volume.external === true)
    at.report.notice(
      "external-isolated",
      `external volume ${volume.name ?? at.key} is replaced by an empty one; keep_external keeps it`,
    );
  return {
    ...without(placeDevice(volume, at), "external", "name"),
    name: engineName(at.target.composeProject, at.key),
    labels: { ...volume.labels, ...at.target.labels },
  };
}

/** A volume can be a host folder (`o: bind`), a share on the network or a plugin's: then its data is not ours alone. */
function placeDevice(volume: Volume, at: { key: string; target: Target; report: Report }): Volume {
  const device = lookup(volume.driver_opts, "device");
  if (!isLocal(volume)) shareVolume(`${volume.driver}:${at.key}`, at);
  if (device === undefined || isMemory(volume)) return volume;
  if (!device.startsWith("/")) {
    shareVolume(device, at);
    return volume;
  }
  const place = at.target.place(device);
  if (!place.isPrivate) shareVolume(place.path, at);
  return { ...volume, driver_opts: { ...volume.driver_opts, device: place.path } };
}

function shareVolume(what: string, at: { key: string; report: Report }): void {
  at.report.share({ kind: "volume", what, readOnly: false });
  at.report.notice(
    "shared-with-host",
    `volume ${at.key} keeps its data in ${what}, which is not this environment's own`,
  );
}

function isLocal(volume: Volume): boolean {
  return volume.driver === undefined || volume.driver === "" || volume.driver === "local";
}

function isMemory(volume: Volume): boolean {
  return lookup(volume.driver_opts, "type") === "tmpfs";
}
