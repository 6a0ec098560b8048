import { posix } from "node:path";
import { isRemote } from "./discover.ts";
import { type Level, canonicalise, documentsOf, readMap } from "./file.ts";
import { mergeProjects, mergeServices } from "./merge.ts";
import { resolvePaths } from "./paths.ts";
import { attributePath, keyPlace } from "./problems.ts";
import { forget } from "./reset.ts";
import { UnreadableFile } from "./session.ts";
import { type Source, type Tree, type TreeMap, asText, clone, isNull, map, member } from "./tree.ts";
import { removeRepeats } from "./unique.ts";

/** A longer chain is a mistake; each link is a call within the last. */
const MAX_CHAIN = 500;

type Resets = readonly (readonly string[])[];

interface Extending {
  readonly level: Level;
  readonly source: Source;
  readonly resets: Resets;
}

/** Puts every service of the document over the one it extends, in place. */
export function applyExtends(project: TreeMap, { level, source, resets }: Extending): void {
  const services = project.entries.get("services");
  if (services === undefined) return;
  const { problems } = level.session;
  if (services.kind !== "map") {
    problems.add({
      message: "expected a mapping of services by name",
      attribute: "services",
      place: keyPlace(services),
    });
    return;
  }
  const failed = new Set<Tree>();
  // What extends another file goes first: where two files use the same names, fewer look like a circle.
  const elsewhere = (service: Tree): boolean => member(member(service, "extends"), "file") !== undefined;
  const ordered = [...services.entries].toSorted(([, a], [, b]) => Number(elsewhere(b)) - Number(elsewhere(a)));
  for (const [name] of ordered) {
    const extended = extend(name, {
      services,
      file: source.path,
      root: source.path,
      level,
      resets: [resets],
      chain: [],
      failed,
    });
    if (extended !== undefined) services.entries.set(name, extended);
  }
}

interface Step {
  readonly services: TreeMap;
  /** The file `services` is from, as it was named. */
  readonly file: string;
  /** The file where the way here began. */
  readonly root: string;
  readonly level: Level;
  /** What the documents on the way here reset. */
  readonly resets: readonly Resets[];
  readonly chain: readonly { readonly file: string; readonly service: string }[];
  /** Services whose problem has been reported. */
  readonly failed: Set<Tree>;
}

/** The service with what it extends underneath; `undefined` when it is null or a problem was reported. */
function extend(name: string, step: Step): Tree | undefined {
  const service = step.services.entries.get(name);
  if (service === undefined || isNull(service) || step.failed.has(service)) return undefined;
  const extended = extendService(name, service, step);
  if (extended === undefined) step.failed.add(service);
  return extended;
}

function extendService(name: string, service: Tree, step: Step): Tree | undefined {
  const { problems } = step.level.session;
  if (service.kind !== "map") {
    problems.add({
      message: "expected a mapping",
      attribute: attributePath(["services", name]),
      place: keyPlace(service),
    });
    return undefined;
  }
  const clause = service.entries.get("extends");
  if (clause === undefined) return service;
  const report = (message: string, at: Tree = clause): undefined => {
    problems.add({
      message,
      attribute: attributePath(["services", name, "extends"]),
      place: at.kind === "scalar" ? at : keyPlace(at),
    });
    return undefined;
  };
  const target = clause.kind === "map" ? asText(clause.entries.get("service")) : asText(clause);
  if (target === undefined) return report("service is missing: the name of the service to extend");
  const file = clause.kind === "map" ? clause.entries.get("file") : undefined;
  const local = file === undefined || isNull(file);
  const from = local ? { services: step.services, file: step.file, resets: [] } : otherFile(file, { step, report });
  if (from === undefined) return undefined;
  if (!from.services.entries.has(target)) {
    return report(
      `there is no service ${JSON.stringify(target)} in ${posix.basename(from.file)}`,
      clause.kind === "map" ? (clause.entries.get("service") ?? clause) : clause,
    );
  }
  if (step.chain.length > MAX_CHAIN) return report(`services extend each other more than ${MAX_CHAIN} deep`);
  // A service of the same file counts as one of the first file, as in the reference.
  const link = { file: local ? step.root : from.file, service: name };
  if (step.chain.some((one) => one.file === link.file && one.service === link.service)) {
    return report(
      `the services extend each other in a circle: ${[...step.chain.map((one) => one.service), name].join(" -> ")}`,
    );
  }
  const resets = [...step.resets, ...from.resets];
  const base = extend(target, {
    ...step,
    services: from.services,
    file: from.file,
    resets,
    chain: [...step.chain, link],
  });
  if (base === undefined) return isNull(from.services.entries.get(target)) ? service : undefined;
  return putOver(base, service, { name, step, resets });
}

function putOver(
  base: Tree,
  service: TreeMap,
  { name, step, resets }: { name: string; step: Step; resets: readonly Resets[] },
): Tree | undefined {
  const copy = clone(base);
  if (copy.kind !== "map") return undefined;
  const wrapped = map([["services", map([[name, copy]], copy)]], copy);
  // What is reset above the service's members does not take it away from what extends it.
  for (const paths of resets) forget(wrapped, paths);
  const merged = mergeServices(copy, service, {
    name,
    problems: step.level.session.problems,
  });
  merged.entries.delete("extends");
  const own = { ...merged, source: service.source, at: service.at, keyAt: service.keyAt };
  step.services.entries.set(name, own);
  return own;
}

interface Other {
  readonly services: TreeMap;
  readonly file: string;
  readonly resets: readonly Resets[];
}

/** The services of another file, in canonical form, with their paths from that file's folder. */
function otherFile(
  file: Tree,
  { step, report }: { step: Step; report: (message: string, at?: Tree) => undefined },
): Other | undefined {
  const named = asText(file);
  if (named === undefined) return report("file is a path", file);
  if (isRemote(named)) return report(`${named} is elsewhere; only files on this machine are read`, file);
  const { level } = step;
  const path = posix.resolve(level.dir, named);
  try {
    const source = level.session.source(path);
    let project: TreeMap | undefined;
    let resets: Resets = [];
    const documents = documentsOf(source, level.session);
    if (documents === undefined) return undefined;
    for (const document of documents) {
      const own = readMap(document, { source, level });
      if (own === undefined) return undefined;
      project = project === undefined ? own : mergeOver(project, own, { level, resets: document.resets });
      removeRepeats(project, level.session.problems);
      project = canonicalise(project, level.session);
      resets = document.resets;
    }
    const services = project?.entries.get("services");
    if (project === undefined || services?.kind !== "map") return report(`${named} has no services`, file);
    const base = posix.relative(level.dir, posix.dirname(path));
    resolvePaths(project, {
      base: base === "" ? "." : base,
      home: level.session.home,
      files: level.session.files,
      problems: level.session.problems,
    });
    return { services, file: named, resets: [resets] };
  } catch (error) {
    if (error instanceof UnreadableFile) return report(error.message, file);
    throw error;
  }
}

function mergeOver(earlier: TreeMap, later: TreeMap, { level, resets }: { level: Level; resets: Resets }): TreeMap {
  forget(earlier, resets);
  return mergeProjects(earlier, later, level.session.problems);
}
