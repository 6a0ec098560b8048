import { setDefaults } from "./defaults.ts";
import { applyExtends } from "./extends.ts";
import { type FileOfLevel, type Level, canonicalise, documentsOf, openFile, readMap } from "./file.ts";
import { applyInclude } from "./include.ts";
import { mergeProjects } from "./merge.ts";
import { resolvePaths } from "./paths.ts";
import { forget } from "./reset.ts";
import { checkRules } from "./rules.ts";
import { validateSchema } from "./schema/validate.ts";
import { type Tree, type TreeMap, asText, list, map, text } from "./tree.ts";
import { removeRepeats } from "./unique.ts";
import type { Document } from "./yaml/document.ts";

/** The files of a level merged, in canonical form, defaults and rules applied. Problems are reported, never thrown. */
export function loadLevel(level: Level): TreeMap | undefined {
  const { session } = level;
  let project: TreeMap | undefined;
  for (const file of level.files) {
    const source = openFile(file, level);
    if (source === undefined) continue;
    for (const document of documentsOf(source, session) ?? [])
      project = addDocument(project, document, { source, level });
  }
  const loaded = project;
  if (loaded !== undefined) session.problems.beyond(() => finishLevel(loaded, level));
  return loaded;
}

function finishLevel(project: TreeMap, { session, base, env }: Level): void {
  setDefaults(project);
  checkRules(project, session.problems);
  resolvePaths(project, { base, home: session.home, files: session.files, problems: session.problems });
  takeVariables(project, env);
}

/** One document put over what earlier ones made. */
function addDocument(
  project: TreeMap | undefined,
  document: Document,
  { source, level }: FileOfLevel,
): TreeMap | undefined {
  const { problems } = level.session;
  const own = readMap(document, { source, level });
  if (own === undefined) return project;
  applyExtends(own, { level, source, resets: document.resets });
  const earlier = project ?? map([], own);
  forget(earlier, document.resets);
  applyInclude(own, { level, source, load: loadLevel });
  return problems.beyond(() => finishFile(mergeProjects(earlier, own, problems), level));
}

/** After each file: duplicates, the schema, long forms, and the duplicates those show. */
function finishFile(project: TreeMap, { session }: Level): TreeMap {
  removeRepeats(project, session.problems);
  validateSchema(project, session.problems);
  const version = project.entries.get("version");
  if (version !== undefined) {
    session.warn(`${version.source.path}: version is obsolete and means nothing; take it out`);
    project.entries.delete("version");
  }
  return session.problems.beyond(() => canonicalise(project, session));
}

/** A bare `KEY` in a list of variables takes its value here, where an included project's own variables are known. */
function takeVariables(project: TreeMap, env: ReadonlyMap<string, string>): void {
  const services = project.entries.get("services");
  if (services?.kind === "map") {
    for (const service of services.entries.values()) {
      const environment = service.kind === "map" ? service.entries.get("environment") : undefined;
      if (service.kind !== "map" || environment?.kind !== "list") continue;
      service.entries.set(
        "environment",
        list(
          environment.items.map((item) => withValue(item, env)),
          environment,
        ),
      );
    }
  }
}

function withValue(item: Tree, env: ReadonlyMap<string, string>): Tree {
  const name = asText(item);
  const value = name === undefined ? undefined : env.get(name);
  return name === undefined || value === undefined ? item : text(`${name}=${value}`, item);
}
