import type { Workbench, WorkbenchImage } from "../../spec/workbench.ts";
import type { ResolvedDevcontainer } from "./configuration.ts";
import type { Merged } from "./metadata.ts";
import { type Json, isObject, asText } from "./read.ts";

const PROBES = ["none", "loginInteractiveShell", "interactiveShell", "loginShell"] as const;
const MOMENTS = [
  "initializeCommand",
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
] as const;

/** How the service is entered. With `isBuilt` its image is as it has to be. */
export function workbenchOf(
  { resolved, merged }: { readonly resolved: ResolvedDevcontainer; readonly merged: Merged },
  service: { readonly name: string; readonly isBuilt: boolean },
): Workbench {
  const { configuration, workspace } = resolved;
  const user = textOf(merged.last("remoteUser")) ?? textOf(merged.last("containerUser"));
  const requirements = requirementsOf(merged);
  const customizations = customizationsOf(merged);
  return {
    service: service.name,
    ...(user === undefined ? {} : { user }),
    folder: workspace.workspaceFolder,
    env: Object.fromEntries(
      Object.entries(merged.members("remoteEnv")).map(([name, value]) => [name, value === null ? null : asText(value)]),
    ),
    envProbe: PROBES.find((probe) => probe === merged.last("userEnvProbe")) ?? "loginInteractiveShell",
    matchUserId: merged.last("updateRemoteUserUID") !== false,
    steps: merged.steps,
    waitFor: MOMENTS.find((moment) => moment === merged.last("waitFor")) ?? "updateContentCommand",
    secrets: isObject(configuration["secrets"]) ? Object.keys(configuration["secrets"]) : [],
    ...(requirements === undefined ? {} : { requirements }),
    ...(service.isBuilt ? {} : { image: imageOf(resolved) }),
    ...(customizations === undefined ? {} : { customizations }),
  };
}

function imageOf({ source, configuration }: ResolvedDevcontainer): WorkbenchImage {
  const order = configuration["overrideFeatureInstallOrder"];
  return {
    file: source.path,
    features: isObject(configuration["features"]) ? configuration["features"] : {},
    featureOrder: Array.isArray(order) ? order.map(asText) : [],
  };
}

function customizationsOf(merged: Merged): Workbench["customizations"] | undefined {
  const lists: Record<string, Json[]> = {};
  for (const entry of merged.entries)
    if (isObject(entry["customizations"]))
      for (const [name, value] of Object.entries(entry["customizations"])) (lists[name] ??= []).push(value);
  return Object.keys(lists).length === 0 ? undefined : lists;
}

/** The most that anybody asks for. */
function requirementsOf(merged: Merged): Workbench["requirements"] {
  const asked = merged.entries.flatMap(({ hostRequirements }) =>
    isObject(hostRequirements) ? [hostRequirements] : [],
  );
  if (asked.length === 0) return undefined;
  return {
    cpus: Math.max(...asked.map(({ cpus }) => Number(cpus ?? 0) || 0)),
    memoryBytes: Math.max(...asked.map(({ memory }) => bytes(memory))),
    storageBytes: Math.max(...asked.map(({ storage }) => bytes(storage))),
    gpu: asked.some(({ gpu }) => gpu === true || isObject(gpu)),
  };
}

const UNITS: Readonly<Record<string, number>> = { t: 2 ** 40, g: 2 ** 30, m: 2 ** 20, k: 2 ** 10 };

function bytes(size: Json | undefined): number {
  const [, number = "0", unit = ""] = /^(\d+)\s*(?:([tgmk])b)?$/iu.exec(asText(size ?? "")) ?? [];
  return Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
