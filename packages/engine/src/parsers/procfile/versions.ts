import type { Project } from "./project.ts";

export interface Version {
  readonly version: string;
  /** The file it is from. */
  readonly versionSource: string;
}

/** One place where a version may be said. */
export type VersionPlace = (project: Project) => Version | undefined;

/** The first place that says one, else the default. */
export function versionOf(project: Project, places: readonly VersionPlace[]): Version {
  for (const place of places) {
    const found = place(project);
    if (found !== undefined && found.version !== "") return found;
  }
  return { version: "", versionSource: "default" };
}

/** The first line of a file that is no comment. */
export function lineOf(file: string, clean: (line: string) => string = (line) => line): VersionPlace {
  return (project) => {
    const line = project
      .text(file)
      ?.split("\n")
      .map((text) => text.trim())
      .find((text) => text !== "" && !text.startsWith("#"));
    return line === undefined ? undefined : { version: clean(line), versionSource: file };
  };
}

/** What a pattern's first group finds in a file. */
export function matchOf(file: string, pattern: RegExp): VersionPlace {
  return (project) => {
    const version = pattern.exec(project.text(file) ?? "")?.[1]?.trim();
    return version === undefined ? undefined : { version, versionSource: file };
  };
}

/** A tool's version in `.tool-versions`, under any of its names. */
export function toolVersions(...names: readonly string[]): VersionPlace {
  return matchOf(".tool-versions", new RegExp(String.raw`^\s*(?:${names.join("|")})[ \t]+(\S+)`, "mu"));
}

/** A tool's version in mise's file, under any of its names. */
export function mise(...names: readonly string[]): VersionPlace {
  const line = new RegExp(
    String.raw`^\s*"?(?:${names.join("|")})"?\s*=\s*(?:\[\s*)?(?:\{[^}]*version\s*=\s*)?["']([^"']+)["']`,
    "mu",
  );
  return (project) =>
    ["mise.toml", ".mise.toml"].map((file) => matchOf(file, line)(project)).find((found) => found !== undefined);
}

/** The value of a text at a path of keys in a JSON file. */
export function jsonOf(file: string, ...keys: readonly string[]): VersionPlace {
  return (project) => {
    let value: unknown = readJson(project, file);
    for (const key of keys) value = isRecord(value) ? value[key] : undefined;
    return typeof value === "string" ? { version: value.trim(), versionSource: file } : undefined;
  };
}

/** A JSON file's object; empty where it is none. */
export function readJson(project: Project, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(project.text(file) ?? "{}");
    return isRecord(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The number in a version or a range that an image's tag can be made of, with at most `parts` parts. */
export function numberOf(version: string, fallback: string, parts = 3): string {
  const number = /\d+(?:\.\d+)*/u.exec(version)?.[0];
  return number === undefined ? fallback : number.split(".").slice(0, parts).join(".");
}
