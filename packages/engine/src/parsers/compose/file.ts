import { expandShortForms } from "./canonical.ts";
import { interpolate } from "./interpolate.ts";
import { type Session, UnreadableFile } from "./session.ts";
import { type Source, type Tree, type TreeMap, asText, list } from "./tree.ts";
import { removeRepeats } from "./unique.ts";
import { type Document, parseDocuments } from "./yaml/document.ts";
import { YamlFault } from "./yaml/fault.ts";

/** A project, or an included one: files with a folder and variables of their own. */
export interface Level {
  readonly session: Session;
  /** Absolute paths, in the order they are merged. */
  readonly files: readonly string[];
  /** Where the files it names are looked for, absolute. */
  readonly dir: string;
  /** What its relative paths become relative to: `dir`, or for an included project the way there from the including one. */
  readonly base: string;
  readonly env: ReadonlyMap<string, string>;
  /** Files whose inclusion led here. */
  readonly including: readonly string[];
}

/** The file ready to be parsed; one that cannot be read is reported. */
export function openFile(file: string, level: Level): Source | undefined {
  try {
    return level.session.source(file);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    level.session.problems.add({ message: error.message });
    level.session.incomplete = true;
    return undefined;
  }
}

// What the YAML library refuses: control characters, but not tab and line breaks.
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/u;

/** The documents of a file; `undefined` when it has a fault in its YAML, which is reported. */
export function documentsOf(source: Source, session: Session): readonly Document[] | undefined {
  const control = CONTROL.exec(source.text);
  if (control !== null) {
    session.incomplete = true;
    const code = control[0].charCodeAt(0).toString(16).padStart(4, "0");
    session.problems.add({
      message: `found a control character (U+${code}) that YAML does not allow`,
      place: { source, at: control.index },
    });
    return undefined;
  }
  try {
    return parseDocuments(source);
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error;
    session.incomplete = true;
    session.problems.add({ message: error.message, place: { source, at: error.at } });
    return undefined;
  }
}

/** A file of a level. */
export interface FileOfLevel {
  readonly source: Source;
  readonly level: Level;
}

/** The document's mapping with variables put in; anything else is reported. */
export function readMap(document: Document, { source, level }: FileOfLevel): TreeMap | undefined {
  const { session } = level;
  if (document.root.kind !== "map") {
    session.incomplete = true;
    const empty = document.root.kind === "scalar" && document.root.type === "null";
    session.problems.add({
      message: empty ? "this Compose file is empty" : "a Compose file is a mapping: services: and so on",
      place: { source, at: document.root.at },
    });
    return undefined;
  }
  interpolate(document.root, {
    lookup: (name) => level.env.get(name),
    problems: session.problems,
    onWarning: (message) => session.warn(message),
  });
  return document.root;
}

/** Long forms, without what says nothing. */
export function canonicalise(project: TreeMap, session: Session): TreeMap {
  expandShortForms(project, session.problems);
  dropEmptyDns(project);
  spendEmptyLists(project);
  removeRepeats(project, session.problems);
  return project;
}

/** See {@link TreeList.spent}; those that {@link removeRepeats} looks at are as new afterwards. */
function spendEmptyLists(tree: Tree): void {
  if (tree.kind === "scalar") return;
  if (tree.kind === "list" && tree.items.length === 0) tree.spent = true;
  for (const child of tree.kind === "map" ? tree.entries.values() : tree.items) spendEmptyLists(child);
}

function dropEmptyDns(project: TreeMap): void {
  const services = project.entries.get("services");
  if (services?.kind !== "map") return;
  for (const service of services.entries.values()) {
    if (service.kind !== "map") continue;
    const dns = service.entries.get("dns");
    if (dns?.kind === "list")
      service.entries.set(
        "dns",
        list(
          dns.items.filter((item) => asText(item) !== ""),
          dns,
        ),
      );
  }
}
