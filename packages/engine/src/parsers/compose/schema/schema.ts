// compose-spec.json is the Compose Specification's, Apache-2.0: LICENSE.compose-spec.
import reference from "./compose-spec.json" with { type: "json" };
import newer from "./newer-attributes.json" with { type: "json" };

/** The part of JSON Schema (draft 7) that the Compose Specification's schema uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly uniqueItems?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The version of compose-go whose schema `compose-spec.json` is, and whose rules this loader follows. */
export const REFERENCE_VERSION = "2.4.8";

const REFERENCE: Schema = reference;
const NEWER: Readonly<Record<string, Schema>> = newer;

let combined: Schema | undefined;

/** The reference's schema with the attributes that newer versions of the specification added. */
export function composeSchema(): Schema {
  if (combined === undefined) {
    combined = structuredClone(REFERENCE);
    for (const [pointer, value] of Object.entries(NEWER)) put(combined, pointer.slice(1).split("/"), value);
  }
  return combined;
}

/** The schema that a `$ref` names. */
export function definition(ref: string): Schema {
  const found = composeSchema().definitions?.[ref.slice("#/definitions/".length)];
  if (found === undefined) throw new Error(`the Compose schema has no ${ref}`);
  return found;
}

/** Paths in {@link composeSchema} that only newer versions than the reference know. */
export function newerPointers(): readonly string[] {
  return Object.keys(NEWER);
}

function put(root: object, path: readonly string[], value: Schema): void {
  let node = root;
  for (const key of path.slice(0, -1)) {
    const child: unknown = Reflect.get(node, key);
    if (typeof child !== "object" || child === null) throw new Error(`the Compose schema has no ${path.join("/")}`);
    node = child;
  }
  Reflect.set(node, path.at(-1) ?? "", value);
}
