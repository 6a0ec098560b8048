import { posix } from "node:path";
import { isRemote } from "./discover.ts";
import { EnvFileFault, envFileReport, variablesOf } from "./environment.ts";
import type { Level } from "./file.ts";
import { attributePath, keyPlace } from "./problems.ts";
import { UnreadableFile } from "./session.ts";
import { type Source, type Tree, type TreeMap, asText, isNull, map } from "./tree.ts";

const SECTIONS = ["services", "volumes", "networks", "secrets", "configs", "models"];

/** Loads the projects a document includes and puts their sections into it, in place. */
export function applyInclude(project: TreeMap, options: Including): void {
  const { level } = options;
  const clause = project.entries.get("include");
  if (clause === undefined) return;
  const { problems } = level.session;
  if (clause.kind !== "list") {
    if (clause.kind !== "scalar" || clause.type !== "null")
      problems.add({ message: "expected a list of files", attribute: "include", place: keyPlace(clause) });
    project.entries.delete("include");
    return;
  }
  for (const [index, entry] of clause.items.entries()) {
    const included = loadIncluded(entry, attributePath(["include", index]), options);
    if (included !== undefined) takeOver(included, project, level);
  }
  project.entries.delete("include");
}

interface Including {
  readonly level: Level;
  readonly source: Source;
  /** Loads the files of the included project. */
  readonly load: (level: Level) => TreeMap | undefined;
}

interface Clause {
  readonly paths: readonly string[];
  readonly projectDirectory: string;
  readonly envFiles: readonly string[];
}

function loadIncluded(entry: Tree, attribute: string, { level, source, load }: Including): TreeMap | undefined {
  const report = (message: string): undefined => {
    level.session.incomplete = true;
    level.session.problems.add({ message, attribute, place: entry });
    return undefined;
  };
  const clause = readClause(entry);
  if (clause === undefined) return report("expected a path, or a mapping with path");
  const first = clause.paths[0];
  if (first === undefined) return undefined;
  const remote = clause.paths.find(isRemote);
  if (remote !== undefined) return report(`${remote} is elsewhere; only files on this machine are read`);
  const files = clause.paths.map((path) => posix.resolve(level.dir, path));
  const main = posix.resolve(level.dir, first);
  const including = [...level.including, source.path];
  if (including.includes(main))
    return report(
      `the files include each other in a circle: ${[...including, main].map((path) => posix.basename(path)).join(" -> ")}`,
    );
  if (including.length > 100) return report("files include each other more than 100 deep");
  const { dir, base } = folders(clause, { main, level });
  try {
    const env = new Map(level.env);
    const own = variablesOf(env, envFilesOf(clause, { dir, level }), level.session);
    for (const [key, value] of own) if (!env.has(key)) env.set(key, value);
    for (const file of files) level.session.text(file);
    return load({ session: level.session, files, dir, base, env, including });
  } catch (error) {
    if (error instanceof EnvFileFault || error instanceof UnreadableFile) return report(envFileReport(error).message);
    throw error;
  }
}

function readClause(entry: Tree): Clause | undefined {
  if (isNull(entry)) return { paths: [], projectDirectory: "", envFiles: [] };
  const path = asText(entry);
  if (path !== undefined) return { paths: [path], projectDirectory: "", envFiles: [] };
  if (entry.kind !== "map") return undefined;
  const paths = texts(entry.entries.get("path"));
  const envFiles = texts(entry.entries.get("env_file"));
  if (paths === undefined || envFiles === undefined) return undefined;
  return { paths, envFiles, projectDirectory: asText(entry.entries.get("project_directory")) ?? "" };
}

function texts(tree: Tree | undefined): string[] | undefined {
  if (tree === undefined || isNull(tree)) return [];
  if (tree.kind !== "list") return asText(tree) === undefined ? undefined : [asText(tree) ?? ""];
  const all = tree.items.map(asText);
  return all.every((item) => item !== undefined) ? all : undefined;
}

/** The included project's folder, and the way there from the including project's. */
function folders(clause: Clause, { main, level }: { main: string; level: Level }): { dir: string; base: string } {
  const way = (folder: string): string => {
    const relative = posix.relative(level.dir, folder);
    return relative === "" ? "." : relative;
  };
  const given = clause.projectDirectory;
  if (given === "") return { dir: posix.dirname(main), base: way(posix.dirname(main)) };
  if (posix.isAbsolute(given)) return { dir: given, base: given };
  const dir = posix.resolve(level.dir, given);
  const isFolder = level.session.files.kind(dir) === "folder";
  return { dir, base: way(isFolder ? dir : posix.dirname(dir)) };
}

function envFilesOf(clause: Clause, { dir, level }: { dir: string; level: Level }): string[] {
  if (clause.envFiles.length > 0) return clause.envFiles.map((file) => posix.resolve(level.dir, file));
  const standard = posix.join(dir, ".env");
  const kind = level.session.files.kind(standard);
  return kind === undefined || kind === "folder" ? [] : [standard];
}

/** A name on both sides must mean the same. */
function takeOver(included: TreeMap, project: TreeMap, level: Level): void {
  for (const section of SECTIONS) {
    const from = included.entries.get(section);
    if (from?.kind !== "map") continue;
    const present = project.entries.get(section);
    const into = present ?? map([], from);
    if (into.kind !== "map") continue;
    project.entries.set(section, into);
    for (const [name, value] of from.entries) {
      const own = into.entries.get(name);
      if (own === undefined) into.entries.set(name, value);
      else if (!sameTree(own, value)) {
        level.session.problems.add({
          message: `${posix.basename(value.source.path)}, which is included, defines this name too, and differently`,
          attribute: attributePath([section, name]),
          place: keyPlace(own),
        });
      }
    }
  }
}

function sameTree(a: Tree, b: Tree): boolean {
  if (a.kind === "scalar") return b.kind === "scalar" && a.type === b.type && a.value === b.value;
  if (a.kind === "list")
    return (
      b.kind === "list" &&
      a.items.length === b.items.length &&
      a.items.every((item, index) => sameAt(item, b.items[index]))
    );
  return (
    b.kind === "map" &&
    a.entries.size === b.entries.size &&
    [...a.entries].every(([key, value]) => sameAt(value, b.entries.get(key)))
  );
}

function sameAt(a: Tree, b: Tree | undefined): boolean {
  return b !== undefined && sameTree(a, b);
}
