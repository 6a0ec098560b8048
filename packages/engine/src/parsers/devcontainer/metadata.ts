import { isLabelProperty } from "./properties.ts";
import { type Json, type JsonObject, isObject, asText } from "./read.ts";
import type { WorkbenchMoment, WorkbenchStep } from "../../spec/workbench.ts";

/** The label of an image (and of its containers) that holds what it brings to a devcontainer. */
export const METADATA_LABEL = "devcontainer.metadata";

const MOMENTS: readonly WorkbenchMoment[] = [
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
];

/** Entries of a label: a list, or one alone. `undefined` when it is no such thing. */
export function labelEntries(label: string | undefined): readonly JsonObject[] | undefined {
  if (label === undefined || label === "") return [];
  try {
    const value: unknown = JSON.parse(label);
    if (isObject(value)) return [value];
    return Array.isArray(value) ? value.filter(isObject) : undefined;
  } catch {
    return undefined;
  }
}

/** What of a configuration goes into a label. */
export function labelPart(configuration: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => isLabelProperty(name)));
}

/** What image and configuration say together. */
export interface Merged {
  readonly entries: readonly JsonObject[];
  /** The last that has it, and that it is not empty. */
  readonly last: (name: string) => Json | undefined;
  readonly any: (name: string) => boolean;
  /** All members of lists, each once. */
  readonly union: (name: string) => Json[];
  /** Members of objects; of the same name the last. */
  readonly members: (name: string) => JsonObject;
  readonly steps: WorkbenchStep[];
  /** Shell lines of Features that run before the container's command. */
  readonly entrypoints: readonly string[];
}

/** Merges by the table of the specification; the configuration itself is the last entry. */
export function merge(entries: readonly JsonObject[]): Merged {
  const values = (name: string): Json[] => entries.flatMap((entry) => (entry[name] === undefined ? [] : [entry[name]]));
  return {
    entries,
    last: (name) => values(name).findLast((value) => value !== null && value !== ""),
    any: (name) => values(name).some((value) => value === true),
    union: (name) => uniqueValues(values(name).flatMap((value) => (Array.isArray(value) ? value : []))),
    members: (name) => Object.assign({}, ...values(name).filter(isObject)),
    steps: MOMENTS.flatMap((moment) => entries.flatMap((entry) => stepOf(entry, moment))),
    entrypoints: values("entrypoint").flatMap((value) => (typeof value === "string" && value !== "" ? [value] : [])),
  };
}

function uniqueValues(values: readonly Json[]): Json[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function stepOf(entry: JsonObject, moment: WorkbenchMoment): WorkbenchStep[] {
  const command = commandOf(entry[moment]);
  if (command === undefined) return [];
  return [{ moment, origin: typeof entry["id"] === "string" ? entry["id"] : "devcontainer.json", command }];
}

/** A command that does something. */
export function commandOf(value: Json | undefined): WorkbenchStep["command"] | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(asText);
  if (!isObject(value)) return undefined;
  const lines = Object.entries(value).flatMap(([name, line]): [string, string | string[]][] => {
    const own = commandOf(line);
    return typeof own === "string" || Array.isArray(own) ? [[name, own]] : [];
  });
  return lines.length === 0 ? undefined : Object.fromEntries(lines);
}
