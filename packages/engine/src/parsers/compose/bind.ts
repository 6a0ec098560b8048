import { scalarText, treeText } from "./go-text.ts";
import { parseGoFloat, parseGoInt, shortFloat32 } from "./interpolate.ts";
import { type Problems, attributePath, keyPlace } from "./problems.ts";
import type { Shape, Struct } from "./shapes.ts";
import { shellWords } from "./short/shell-words.ts";
import { durationText, parseBytes, parseDuration } from "./short/units.ts";
import { ShortSyntaxFault } from "./short/volume.ts";
import { type Tree, type TreeMap, isNull, map } from "./tree.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A section of the project as plain values in canonical form; what does not fit its type is reported. */
export function bindStruct(
  tree: TreeMap,
  fields: Struct,
  at: { path: readonly (string | number)[]; problems: Problems },
): JsonObject {
  return new Binder(at.problems).struct(tree, fields, [...at.path]);
}

/** Any value, as it is. */
export function toJson(tree: Tree): Json {
  switch (tree.kind) {
    case "scalar":
      if (typeof tree.value === "bigint") return Number(tree.value);
      return tree.type === "time" ? isoTime(treeText(tree)) : tree.value;
    case "list":
      // The reference has lost the difference by now; in an extension it shows.
      return tree.spent === true ? null : tree.items.map(toJson);
    case "map": {
      const object: JsonObject = {};
      for (const [key, value] of tree.entries) put(object, key, toJson(value));
      return object;
    }
  }
}

/** Sets an own member whatever its name is (`__proto__` among them). */
export function put(object: JsonObject, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** `2001-01-01 00:00:00 +0000 UTC` as RFC 3339, which is how the reference writes dates in JSON. */
function isoTime(time: string): string {
  const [date = "", clock = "", zone = "+0000"] = time.split(" ");
  return `${date}T${clock}${zone === "+0000" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`}`;
}

class Binder {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  struct(tree: TreeMap, fields: Struct, path: (string | number)[]): JsonObject {
    const object: JsonObject = {};
    for (const [key, value] of tree.entries) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field === undefined) {
        put(object, key, toJson(value));
        continue;
      }
      path.push(key);
      const bound = this.#value(value, field.shape, path);
      path.pop();
      if (bound !== undefined && bound !== null && (field.keepZero === true || !isZero(bound, field.shape)))
        object[key] = bound;
    }
    return object;
  }

  /** The value, or `undefined` when it is not there or was reported. */
  #value(tree: Tree, shape: Shape, path: (string | number)[]): Json | undefined {
    if (typeof shape === "object") return this.#composite(tree, shape, path);
    if (isNull(tree) && shape !== "environment") return undefined;
    try {
      return scalarShapes(tree, shape);
    } catch (error) {
      if (!(error instanceof ShortSyntaxFault)) throw error;
      this.#problems.add({
        message: error.message,
        attribute: attributePath(path),
        place: tree.kind === "scalar" ? tree : keyPlace(tree),
      });
      return undefined;
    }
  }

  #composite(tree: Tree, shape: Exclude<Shape, string>, path: (string | number)[]): Json | undefined {
    if (isNull(tree)) return undefined;
    if ("struct" in shape)
      return tree.kind === "map" ? this.struct(tree, shape.struct, path) : this.#misfit(tree, "a mapping", path);
    if ("list" in shape) {
      if (tree.kind !== "list") return this.#misfit(tree, "a list", path);
      return tree.items.map((item, index) => this.#value(item, shape.list, [...path, index]) ?? null);
    }
    if (tree.kind !== "map") return this.#misfit(tree, "a mapping", path);
    const object: JsonObject = {};
    // Services may be called x-..., also where others wait for them.
    const members = path.at(-1) === "depends_on" ? tree.entries : withExtensions(tree);
    for (const [key, value] of members)
      put(object, key, this.#value(value, shape.map, [...path, key]) ?? (shape.map === "text" ? "" : null));
    return object;
  }

  #misfit(tree: Tree, wanted: string, path: readonly (string | number)[]): undefined {
    this.#problems.add({ message: `expected ${wanted}`, attribute: attributePath(path), place: keyPlace(tree) });
    return undefined;
  }
}

function isZero(value: Json, shape: Shape): boolean {
  if (value === "" || value === 0 || value === false) return true;
  if (value === "0" && shape === "bytes") return true;
  if (value === "0s" && shape === "duration") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function scalarShapes(tree: Tree, shape: Exclude<Shape, object>): Json | undefined {
  switch (shape) {
    case "text":
      return plainText(tree);
    case "bool":
      return boolean(tree);
    case "int":
      return whole(tree);
    case "uint64":
      return unsigned(whole(tree), tree);
    case "uint32":
    case "uint16":
      if (tree.kind === "scalar" && tree.type === "string")
        throw new ShortSyntaxFault(`expected a whole number, not the text ${JSON.stringify(tree.value)}`);
      return unsigned(whole(tree), tree) % (shape === "uint16" ? 2 ** 16 : 2 ** 32);
    case "float32":
      return float32(tree);
    case "cpus":
      return float32(tree);
    case "bytes":
      return bytes(tree);
    case "duration":
      return durationOf(tree);
    case "count":
      return tree.kind === "scalar" && typeof tree.value === "string" && tree.value.toLowerCase() === "all"
        ? -1
        : whole(tree);
    case "json":
      return toJson(tree);
    case "texts":
      return tree.kind === "list" ? tree.items.map(anyText) : [anyText(tree)];
    case "command":
      // A date is neither text nor list to the reference, which then has no command.
      if (tree.kind === "scalar" && tree.type === "time") return undefined;
      return tree.kind === "list" ? tree.items.map(plainText) : shellWords(plainText(tree));
    case "healthcheck-test":
      return tree.kind === "list" ? tree.items.map(plainText) : ["CMD-SHELL", plainText(tree)];
    case "environment":
      return isNull(tree) ? undefined : keyValues(tree, null);
    case "pairs":
      return keyValues(tree, "");
    case "options":
      if (tree.kind !== "map") throw new ShortSyntaxFault("expected a mapping");
      return keyValues(tree, "");
    case "hosts":
      return sizeOf(tree) === 0 ? undefined : hosts(tree);
    case "ssh":
      return sshKeys(tree);
    case "ulimit":
      return ulimit(tree);
  }
}

function plainText(tree: Tree): string {
  if (tree.kind === "scalar" && (tree.type === "string" || tree.type === "int")) return String(tree.value);
  throw new ShortSyntaxFault("expected text");
}

function anyText(tree: Tree): string {
  if (tree.kind === "scalar" && tree.type !== "null" && tree.type !== "time") return scalarText(tree);
  throw new ShortSyntaxFault("expected text");
}

function boolean(tree: Tree): boolean {
  if (tree.kind === "scalar") {
    if (typeof tree.value === "boolean") return tree.value;
    const word = typeof tree.value === "string" ? tree.value.toLowerCase() : "";
    if (["true", "y", "yes", "on"].includes(word)) return true;
    if (["false", "n", "no", "off"].includes(word)) return false;
  }
  throw new ShortSyntaxFault(`expected true or false, not ${JSON.stringify(treeText(tree))}`);
}

function whole(tree: Tree): number {
  if (tree.kind === "scalar") {
    if (tree.type === "int") return Number(tree.value);
    if (tree.type === "float") return Math.trunc(Number(tree.value));
    const value = typeof tree.value === "string" ? parseGoInt(tree.value) : undefined;
    if (value !== undefined) return Number(value);
  }
  throw new ShortSyntaxFault(`expected a whole number, not ${JSON.stringify(treeText(tree))}`);
}

function unsigned(value: number, tree: Tree): number {
  if (value < 0) throw new ShortSyntaxFault(`expected 0 or more, not ${treeText(tree)}`);
  return value;
}

function float32(tree: Tree): number {
  if (tree.kind === "scalar") {
    if (tree.type === "int" || tree.type === "float") return shortFloat32(Number(tree.value));
    const value = typeof tree.value === "string" ? parseGoFloat(tree.value) : undefined;
    if (value !== undefined && Number.isFinite(value)) return shortFloat32(value);
  }
  throw new ShortSyntaxFault(`expected a number, not ${JSON.stringify(treeText(tree))}`);
}

/** As decimal text, since a size may need all 64 bits. */
function bytes(tree: Tree): string {
  if (tree.kind === "scalar") {
    if (tree.type === "int") return BigInt(tree.value ?? 0) < 2n ** 63n ? String(tree.value) : "0";
    if (tree.type === "string" && typeof tree.value === "string") return String(parseBytes(tree.value));
  }
  return "0";
}

function durationOf(tree: Tree): Json {
  const nanoseconds = parseDuration(treeText(tree));
  return durationText(nanoseconds);
}

function keyValues(tree: Tree, absent: null | ""): JsonObject {
  const object: JsonObject = {};
  if (tree.kind === "map") {
    for (const [key, value] of withExtensions(tree)) put(object, key, isNull(value) ? absent : treeText(value));
  } else if (tree.kind === "list") {
    for (const item of tree.items) {
      const pair = treeText(item);
      const at = pair.indexOf("=");
      put(object, at === -1 ? pair : pair.slice(0, at), at === -1 ? absent : pair.slice(at + 1));
    }
  } else throw new ShortSyntaxFault("expected a mapping or a list");
  return object;
}

const EXTENSIONS = "#extensions";

/** The members of a map whose names users choose. Those called `x-...` are one called `#extensions` to the reference. */
function withExtensions(tree: TreeMap): readonly (readonly [string, Tree])[] {
  const members = [...tree.entries];
  const extensions = members.filter(([key]) => key.startsWith("x-"));
  if (extensions.length === 0) return members;
  return [...members.filter(([key]) => !key.startsWith("x-")), [EXTENSIONS, map(extensions, tree)]];
}

function sizeOf(tree: Tree): number {
  return tree.kind === "map" ? tree.entries.size : tree.kind === "list" ? tree.items.length : 1;
}

/** `name=ip` lines, sorted; a name may have several addresses. */
function hosts(tree: Tree): string[] {
  if (tree.kind === "map" && withExtensions(tree).some(([key]) => key === EXTENSIONS))
    throw new ShortSyntaxFault("a host cannot be called x-..., which is an extension; write the list form");
  const pairs =
    tree.kind === "map"
      ? [...tree.entries].flatMap(([host, value]) => hostAddresses(host, value))
      : tree.kind === "list"
        ? tree.items.flatMap(hostPairs)
        : [];
  for (const [host] of pairs) {
    if (host === "" || /[:=]/u.test(host)) throw new ShortSyntaxFault(`${JSON.stringify(host)} is no host name`);
  }
  return pairs
    .map(([host, address]) => `${host}=${/^\[.+\]$/u.test(address) ? address.slice(1, -1) : address}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function hostAddresses(host: string, value: Tree): [string, string][] {
  if (value.kind === "list") return value.items.map((item) => [host, treeText(item)]);
  if (value.kind === "scalar" && value.type === "time") throw new ShortSyntaxFault("expected an address, not a date");
  return [[host, isNull(value) ? "" : treeText(value)]];
}

function hostPairs(item: Tree): [string, string][] {
  const pair = treeText(item);
  const at = pair.includes("=") ? pair.indexOf("=") : pair.indexOf(":");
  if (at === -1) throw new ShortSyntaxFault(`${JSON.stringify(pair)} is not host=address`);
  return pair
    .slice(at + 1)
    .split(",")
    .map((address) => [pair.slice(0, at), address]);
}

function sshKeys(tree: Tree): string[] {
  if (tree.kind !== "map") throw new ShortSyntaxFault("expected a mapping or a list");
  return withExtensions(tree).map(([id, path]) => (isNull(path) ? id : `${id}=${treeText(path)}`));
}

/** A number as YAML has it: no text, no fraction. */
function wholeNumber(tree: Tree): number {
  if (tree.kind === "scalar" && tree.type === "int") return Number(tree.value);
  throw new ShortSyntaxFault(`expected a whole number, not ${JSON.stringify(treeText(tree))}`);
}

function ulimit(tree: Tree): Json {
  const single = tree.kind === "scalar" ? whole(tree) : 0;
  if (single !== 0) return single;
  const object: JsonObject = {};
  for (const key of ["soft", "hard"]) {
    const limit = tree.kind === "map" ? tree.entries.get(key) : undefined;
    if (limit !== undefined && wholeNumber(limit) !== 0) object[key] = wholeNumber(limit);
  }
  return object;
}
