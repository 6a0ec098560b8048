import { type ParseError, parseTree, printParseErrorCode, type Node } from "jsonc-parser";
import { CiloError, isErrno, type Problem } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ProjectFiles } from "../parser.ts";

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A configuration as it was written, with the way back to where each value stands. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly value: JsonObject;
  /** A problem at a value, by its path of keys; at the nearest one above it where that is not written. */
  problem(path: readonly (string | number)[], message: string, hint?: string): Problem;
}

/**
 * Reads JSON with comments and trailing commas; anything else that is wrong is refused, where it is.
 * @throws CiloError `FILE_NOT_FOUND`, `PROJECT_INVALID`
 */
export function readSource(path: string, files: ProjectFiles, name = "devcontainer.json"): Source {
  const what = name === "devcontainer.json" ? "devcontainer" : name;
  const text = readText(path, files);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  const at = (offset: number): Problem => ({ message: "", file: path, ...lineAndColumn(text, offset) });
  if (errors.length > 0)
    throw invalid(
      errors.slice(0, 100).map(({ error, offset }) => ({ ...at(offset), message: syntax(error) })),
      what,
    );
  const value = root === undefined ? undefined : toJson(root);
  if (root === undefined || !isObject(value))
    throw invalid([{ ...at(root?.offset ?? 0), message: `a ${name} is one JSON object` }], what);
  return {
    path,
    value,
    problem: (keys, message, hint) => ({
      ...at(offsetOf(root, keys)),
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(keys.length === 0 ? {} : { attribute: keys.join(".") }),
    }),
  };
}

/** The error for problems of one configuration. */
export function invalid(problems: readonly Problem[], what = "devcontainer"): CiloError {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new CiloError(EngineCode.projectInvalid, `The ${what} has ${count}`, { problems: [...problems] });
}

function readText(path: string, files: ProjectFiles): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(files.read(path));
  } catch (cause) {
    if (cause instanceof TypeError) throw invalid([{ message: `${path} is not UTF-8 text`, file: path }]);
    if (!isErrno(cause)) throw cause;
    throw new CiloError(EngineCode.fileNotFound, `${path} cannot be read (${cause.code})`, { cause });
  }
}

function syntax(error: ParseError["error"]): string {
  const words = printParseErrorCode(error)
    .replaceAll(/([a-z])([A-Z])/gu, "$1 $2")
    .toLowerCase();
  return `this is no JSON: ${words}`;
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** The last of members with the same name counts. `__proto__` is a name like others. */
function toJson(node: Node): Json {
  if (node.type === "array") return (node.children ?? []).map(toJson);
  if (node.type !== "object") {
    const value: unknown = node.value;
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
  }
  return Object.fromEntries((node.children ?? []).flatMap(toMember));
}

function toMember({ children }: Node): [string, Json][] {
  const [key, value] = children ?? [];
  return key === undefined || value === undefined ? [] : [[String(key.value), toJson(value)]];
}

/** Where a value's key stands, or the value itself in a list. */
function offsetOf(root: Node, keys: readonly (string | number)[]): number {
  let [node, offset] = [root, root.offset];
  for (const key of keys) {
    const child = node.type === "array" ? node.children?.[Number(key)] : memberOf(node, String(key));
    if (child === undefined) break;
    offset = child.offset;
    const value = node.type === "array" ? child : child.children?.[1];
    if (value === undefined) break;
    node = value;
  }
  return offset;
}

function memberOf(node: Node, key: string): Node | undefined {
  return node.children?.findLast((member) => String(member.children?.[0]?.value) === key);
}

/** A value where text is meant. */
export function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A text alone, or each of a list. */
export function textsOf(value: Json | undefined): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(asText) : [];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
