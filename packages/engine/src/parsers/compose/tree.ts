/** A project file's text, kept so that every value can say where it stands. */
export interface Source {
  /** Absolute path in the source project. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of each line; filled on first use. */
  lineStarts?: readonly number[];
}

/** Where something stands: an offset into a file. */
export interface Place {
  readonly source: Source;
  readonly at: number;
}

interface Placed extends Place {
  /** Offset of the key this value stands under, or -1. */
  keyAt: number;
}

export type ScalarType = "string" | "int" | "float" | "bool" | "null" | "time";

/** A scalar with the type YAML gave it: `1` and `1.0` differ, since they are printed differently. */
export interface TreeScalar extends Placed {
  readonly kind: "scalar";
  readonly type: ScalarType;
  readonly value: string | number | bigint | boolean | null;
}

export interface TreeList extends Placed {
  readonly kind: "list";
  readonly items: Tree[];
  /** An empty list that has been through a file's last stage, or was merged from what is no list: the reference's check takes it for null. */
  spent?: boolean;
}

export interface TreeMap extends Placed {
  readonly kind: "map";
  readonly entries: Map<string, Tree>;
}

/** A value of a project file that knows its place. Lists and maps are changed in place by the stages that own them. */
export type Tree = TreeScalar | TreeList | TreeMap;

/** What a made value takes over from the one it was made from: its place. */
export type Origin = Pick<Tree, "source" | "at" | "keyAt">;

export function text(value: string, origin: Origin): TreeScalar {
  return { kind: "scalar", type: "string", value, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function bool(value: boolean, origin: Origin): TreeScalar {
  return { kind: "scalar", type: "bool", value, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function int(value: number | bigint, origin: Origin): TreeScalar {
  return { kind: "scalar", type: "int", value, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function float(value: number, origin: Origin): TreeScalar {
  return { kind: "scalar", type: "float", value, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function nothing(origin: Origin): TreeScalar {
  return { kind: "scalar", type: "null", value: null, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function list(items: Tree[], origin: Origin): TreeList {
  return { kind: "list", items, source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function map(entries: Iterable<readonly [string, Tree]>, origin: Origin): TreeMap {
  return { kind: "map", entries: new Map(entries), source: origin.source, at: origin.at, keyAt: origin.keyAt };
}

export function isNull(tree: Tree | undefined): boolean {
  return tree !== undefined && tree.kind === "scalar" && tree.type === "null";
}

/** The string, or `undefined` for anything else. */
export function asText(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && typeof tree.value === "string" && tree.type === "string" ? tree.value : undefined;
}

/** The member of a map, or `undefined` when it is no map or has none. */
export function member(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === "map" ? tree.entries.get(key) : undefined;
}

export function clone(tree: Tree): Tree {
  switch (tree.kind) {
    case "scalar":
      return { ...tree };
    case "list":
      return list(tree.items.map(clone), tree);
    case "map": {
      const entries = new Map<string, Tree>();
      for (const [key, value] of tree.entries) entries.set(key, clone(value));
      return { kind: "map", entries, source: tree.source, at: tree.at, keyAt: tree.keyAt };
    }
  }
}

/** Line and column (both 1-based) of an offset. */
export function lineAndColumn(place: Place): { line: number; column: number } {
  const starts = (place.source.lineStarts ??= findLines(place.source.text));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place.at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: place.at - (starts[low] ?? 0) + 1 };
}

function findLines(content: string): number[] {
  const starts = [0];
  for (let at = content.indexOf("\n"); at !== -1; at = content.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
