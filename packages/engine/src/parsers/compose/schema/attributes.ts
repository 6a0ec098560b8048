import { type Schema, composeSchema, definition, newerPointers } from "./schema.ts";

/** An attribute of the Compose Specification as the loader knows it. */
export interface ComposeAttribute {
  /** Dotted, `*` for a name that the project chooses; items of lists have no place in it. */
  readonly path: string;
  /** Newer than the reference: only the specification's current schema has it. */
  readonly newer: boolean;
  /** What the loader itself does with it, where it does not simply come out. */
  readonly loader?: string;
}

/** What becomes of attributes that say how to read the project rather than what it is. */
const LOADER: ReadonlyMap<string, string> = new Map([
  ["version", "means nothing; told in a warning"],
  ["name", "the project's name, unless `-p` or `COMPOSE_PROJECT_NAME` gives another"],
  ["include", "the included projects become part of this one; one that is not on this machine is refused"],
  ["services.*.extends", "the extended service is put underneath; one that is not on this machine is refused"],
  ["services.*.env_file", "read; its variables are in `environment`. `format` is refused"],
  ["services.*.label_file", "read; its labels are in `labels`"],
  ["services.*.profiles", "services of other profiles are left out"],
  ["services.*.links", "also a dependency"],
  ["services.*.volumes_from", "also a dependency"],
]);

/** Every attribute of the schema, in its order. */
export function composeAttributes(): ComposeAttribute[] {
  const found = new Map<string, ComposeAttribute>();
  const newer = newerPointers().map((pointer) => pointer.slice(1).split("/"));
  collect(composeSchema(), { path: "", pointer: [], found, newer, within: [] });
  return [...found.values()];
}

interface Collecting {
  readonly path: string;
  /** Where the schema stands in the document, for telling newer parts. */
  readonly pointer: readonly string[];
  readonly found: Map<string, ComposeAttribute>;
  readonly newer: readonly (readonly string[])[];
  /** Definitions on the way here; none contains itself, but the schema is data. */
  readonly within: readonly string[];
}

function collect(schema: Schema, at: Collecting): void {
  if (schema.$ref !== undefined) {
    if (at.within.includes(schema.$ref)) return;
    const pointer = schema.$ref.slice(2).split("/");
    const own = isNewer(at) ? at.pointer : pointer;
    collect(definition(schema.$ref), { ...at, pointer: own, within: [...at.within, schema.$ref] });
    return;
  }
  for (const [index, form] of (schema.oneOf ?? []).entries())
    collect(form, { ...at, pointer: [...at.pointer, "oneOf", String(index)] });
  if (schema.items !== undefined) collect(schema.items, { ...at, pointer: [...at.pointer, "items"] });
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    add(name, member, { ...at, pointer: [...at.pointer, "properties", name] });
  for (const [pattern, member] of Object.entries(schema.patternProperties ?? {})) {
    const chosen =
      pattern !== "^x-" && (member.properties !== undefined || member.$ref !== undefined || member.oneOf !== undefined);
    if (chosen)
      collect(member, { ...at, path: `${at.path}.*`, pointer: [...at.pointer, "patternProperties", pattern] });
  }
}

function add(name: string, schema: Schema, at: Collecting): void {
  const path = at.path === "" ? name : `${at.path}.${name}`;
  const loader = LOADER.get(path);
  if (!at.found.has(path))
    at.found.set(path, { path, newer: isNewer(at), ...(loader === undefined ? {} : { loader }) });
  collect(schema, { ...at, path });
}

function isNewer({ pointer, newer }: Collecting): boolean {
  return newer.some((one) => one.every((part, index) => pointer[index] === part));
}
