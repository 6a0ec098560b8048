import { type Source, type Tree, type TreeMap, list, nothing } from "../tree.ts";
import { type RawNode, readDocuments } from "./reader.ts";
import { collectResets } from "./reset-tags.ts";
import { resolveScalar } from "./scalars.ts";
import { YamlFault } from "./fault.ts";

/** One YAML document of a file. */
export interface Document {
  readonly root: Tree;
  /** Attributes tagged `!reset` or `!override`: what earlier files say there is forgotten. */
  readonly resets: readonly (readonly string[])[];
}

/** More values than any project takes over from anchors; an alias bomb reaches it at once. */
const MAX_ALIASED = 1_000_000;

/** The documents of a project file, aliases and merge keys (`<<`) followed. @throws YamlFault */
export function parseDocuments(source: Source): Document[] {
  return readDocuments(source.text).map((raw) => {
    const { node, resets } = collectResets(raw);
    const expander = new Expander(source);
    return {
      root: node === undefined ? nothing({ source, at: raw.at, keyAt: -1 }) : expander.expand(node, -1),
      resets,
    };
  });
}

class Expander {
  readonly #source: Source;
  readonly #open = new Set<RawNode>();
  /** How deep in aliases, and how many values were made there. */
  #aliases = 0;
  #aliased = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  expand(node: RawNode, keyAt: number): Tree {
    if (this.#aliases > 0 && ++this.#aliased > MAX_ALIASED)
      throw new YamlFault("aliases make this file too large", node.at);
    if (node.kind === "alias") return this.#followed(node, keyAt);
    const source = this.#source;
    if (node.kind === "scalar") {
      const resolved = resolveScalar(node.text, node.quoted, node.tag);
      if (resolved === undefined) throw new YamlFault(`${JSON.stringify(node.text)} is not a ${node.tag}`, node.at);
      return { kind: "scalar", type: resolved.type, value: resolved.value, source, at: node.at, keyAt };
    }
    this.#enter(node);
    const tree =
      node.kind === "list"
        ? list(
            node.items.map((item) => this.expand(item, -1)),
            { source, at: node.at, keyAt },
          )
        : this.#map(node, keyAt);
    this.#open.delete(node);
    return tree;
  }

  #followed(node: RawNode, keyAt: number): Tree {
    if (node.target === undefined) throw new YamlFault("this alias stands for nothing", node.at);
    if (this.#open.has(node.target)) throw new YamlFault(`&${node.text} contains itself`, node.at);
    this.#aliases++;
    const tree = this.expand(node.target, keyAt);
    this.#aliases--;
    return tree;
  }

  #enter(node: RawNode): void {
    if (this.#open.has(node)) throw new YamlFault("this anchor contains itself", node.at);
    this.#open.add(node);
  }

  #map(node: RawNode, keyAt: number): TreeMap {
    const entries = new Map<string, Tree>();
    const written = new Set<string>();
    let merged: RawNode | undefined;
    for (let index = 0; index + 1 < node.items.length; index += 2) {
      const key = node.items[index];
      const value = node.items[index + 1];
      if (key === undefined || value === undefined) continue;
      // As it is written: by an alias, a key may be said again, and the later one counts.
      const writing = `${key.kind} ${key.text}`;
      if (written.has(writing)) throw repeated(key);
      written.add(writing);
      if (isMergeKey(key)) merged = value;
      else entries.set(keyName(key), this.expand(value, key.at));
    }
    if (merged !== undefined) this.#merge(entries, merged);
    return { kind: "map", entries, source: this.#source, at: node.at, keyAt };
  }

  /** `<<`: members that are not there yet; of several maps the first wins. */
  #merge(entries: Map<string, Tree>, from: RawNode): void {
    const node = from.kind === "alias" && from.target !== undefined ? from.target : from;
    const maps = node.kind === "list" ? node.items : [from];
    for (const one of maps) {
      const target = one.kind === "alias" ? one.target : one;
      if (target?.kind !== "map") throw new YamlFault("<< takes a mapping, or a list of mappings", one.at);
      const tree = this.expand(one, -1);
      if (tree.kind !== "map") continue;
      for (const [name, value] of tree.entries) if (!entries.has(name)) entries.set(name, value);
    }
  }
}

function repeated(key: RawNode): YamlFault {
  const what = key.text === "<<" ? "<<" : `the key ${JSON.stringify(key.text)}`;
  return new YamlFault(`${what} stands here a second time${key.text === "<<" ? "; give it a list" : ""}`, key.at);
}

export function isMergeKey(node: RawNode): boolean {
  return node.kind === "scalar" && node.text === "<<" && ((node.tag === "" && !node.quoted) || node.tag === "!!merge");
}

function keyName(node: RawNode): string {
  const key = node.kind === "alias" && node.target !== undefined ? node.target : node;
  if (key.kind !== "scalar") throw new YamlFault("a key must be text", node.at);
  const resolved = resolveScalar(key.text, key.quoted, key.tag);
  if (resolved?.type !== "string" || typeof resolved.value !== "string") {
    const what = resolved?.type === "bool" ? "a boolean" : resolved?.type === "null" ? "empty" : "a number";
    throw new YamlFault(
      `the key ${key.text === "" ? "here" : key.text} is ${what}; keys are text: put it in quotes`,
      node.at,
    );
  }
  return resolved.value;
}
