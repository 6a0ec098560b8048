import { posix } from "node:path";
import { type Json, isObject } from "./read.ts";

export interface SubstitutionContext {
  /** Variables of the host. */
  readonly env: Readonly<Record<string, string>>;
  readonly localWorkspaceFolder: string;
  readonly containerWorkspaceFolder: string;
  /** Told when a variable form has no name in it; the text then stays. */
  readonly onNameless: (text: string) => void;
}

/** Puts a value in for a variable; `undefined` leaves the text as it is. */
type Lookup = (variable: string, args: readonly string[], text: string) => string | undefined;

/** What is known before there is a container: the host's variables and the folders, in every text but keys. */
export function substituteLocal<T extends Json>(value: T, context: SubstitutionContext): T {
  return replaceIn(value, localLookup(context));
}

/** `${devcontainerId}`. */
export function substituteId<T extends Json>(value: T, id: string): T {
  return replaceIn(value, (variable) => (variable === "devcontainerId" ? id : undefined));
}

function localLookup(context: SubstitutionContext): Lookup {
  const { localWorkspaceFolder, containerWorkspaceFolder } = context;
  return (variable, args, text) => {
    switch (variable) {
      case "env":
      case "localEnv":
        if (args.length === 0) context.onNameless(text);
        return variableOf(context.env, args);
      case "localWorkspaceFolder":
        return localWorkspaceFolder;
      case "localWorkspaceFolderBasename":
        return posix.basename(localWorkspaceFolder);
      case "containerWorkspaceFolder":
        return containerWorkspaceFolder;
      case "containerWorkspaceFolderBasename":
        return posix.basename(containerWorkspaceFolder);
      default:
        return undefined;
    }
  };
}

/** A default ends at its own first colon, as in the reference; what is not set and has none is empty. */
function variableOf(env: Readonly<Record<string, string>>, args: readonly string[]): string | undefined {
  const [name, fallback = ""] = args;
  if (name === undefined) return undefined;
  return Object.hasOwn(env, name) ? env[name] : fallback;
}

function replaceIn<T extends Json>(value: T, lookup: Lookup): T;
function replaceIn(value: Json, lookup: Lookup): Json {
  if (typeof value === "string") return replaceText(value, lookup);
  if (Array.isArray(value)) return value.map((item: Json) => replaceIn(item, lookup));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceIn(member, lookup)]));
}

function replaceText(text: string, lookup: Lookup): string {
  return text.replaceAll(/\$\{(.*?)\}/gu, (match: string, inner: string) => {
    const [variable = "", ...args] = inner.split(":");
    return lookup(variable, args, match) ?? match;
  });
}
