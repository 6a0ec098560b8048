import { posix } from "node:path";
import { isErrno, type Problem } from "@cilo/base";
import { parse } from "jsonc-parser";
import type { ProjectFiles } from "../parser.ts";
import { type JsonObject, type Source, isObject } from "./read.ts";

/** A Feature in a folder of the project; others come from a registry or by https. */
function isLocalFeature(id: string): boolean {
  return id.startsWith("./") || id.startsWith("../");
}

/** Local Features that are not there or outside, and those that need one another in a circle. */
export function featureProblems(source: Source, files: ProjectFiles): Problem[] {
  const features = isObject(source.value["features"]) ? source.value["features"] : {};
  const folder = posix.dirname(source.path);
  const local = Object.keys(features).filter(isLocalFeature);
  const missing = local.flatMap((id): Problem[] => {
    const at = posix.resolve(folder, id);
    const problem = (message: string, hint?: string): Problem[] => [source.problem(["features", id], message, hint)];
    if (!at.startsWith(`${folder}/`)) return problem(`the Feature ${id} lies outside of ${folder}`);
    const description = `${at}/devcontainer-feature.json`;
    return files.kind(description) === "file" ? [] : problem(`the Feature ${id} has no ${description}`);
  });
  return missing.length > 0 ? missing : circles(source, { roots: local, folder, files });
}

interface Looking {
  readonly roots: readonly string[];
  readonly folder: string;
  readonly files: ProjectFiles;
}

/** Registry Features are looked at when they are built. */
function circles(source: Source, { roots, folder, files }: Looking): Problem[] {
  const needs = (id: string): string[] => localNeeds(posix.resolve(folder, id), files);
  const done = new Set<string>();
  for (const root of roots) {
    const circle = findCircle(root, { needs, path: [], done });
    if (circle !== undefined)
      return [
        source.problem(
          ["features", root],
          `Features depend on one another in a circle: ${circle.join(" → ")}`,
          "Take one of them out of dependsOn",
        ),
      ];
  }
  return [];
}

function findCircle(
  id: string,
  walk: { readonly needs: (id: string) => string[]; readonly path: readonly string[]; readonly done: Set<string> },
): string[] | undefined {
  const name = posix.normalize(id);
  const at = walk.path.indexOf(name);
  if (at >= 0) return [...walk.path.slice(at), name].map((part) => `./${part}`);
  if (walk.done.has(name)) return undefined;
  for (const next of walk.needs(id)) {
    const circle = findCircle(next, { ...walk, path: [...walk.path, name] });
    if (circle !== undefined) return circle;
  }
  walk.done.add(name);
  return undefined;
}

function localNeeds(folder: string, files: ProjectFiles): string[] {
  const dependsOn = featureFile(folder, files)["dependsOn"];
  return isObject(dependsOn) ? Object.keys(dependsOn).filter(isLocalFeature) : [];
}

function featureFile(folder: string, files: ProjectFiles): JsonObject {
  try {
    const value: unknown = parse(new TextDecoder().decode(files.read(`${folder}/devcontainer-feature.json`)));
    return isObject(value) ? value : {};
  } catch (error) {
    if (isErrno(error)) return {};
    throw error;
  }
}
