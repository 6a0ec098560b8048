import { treeText } from "../go-text.ts";
import { type Problems, attributePath, keyPlace } from "../problems.ts";
import { type Tree, type TreeList, type TreeMap, type TreeScalar, isNull } from "../tree.ts";
import { nearest } from "./nearest.ts";
import { type Schema, composeSchema, definition } from "./schema.ts";

type Path = (string | number)[];

/** Reports everything in the project that the Compose schema does not allow. */
export function validateSchema(project: Tree, problems: Problems): void {
  check(project, composeSchema(), { path: [], problems });
  checkNumbers(project, [], problems);
}

/** `.inf` and `.nan` have no place in a project, not even in an extension: JSON cannot say them. */
function checkNumbers(tree: Tree, path: Path, problems: Problems): void {
  if (tree.kind === "scalar") {
    if (tree.type === "float" && !Number.isFinite(tree.value))
      problems.add({ message: `${treeText(tree)} is no number here`, attribute: attributePath(path), place: tree });
    return;
  }
  for (const [key, value] of tree.kind === "map" ? tree.entries : tree.items.entries()) {
    path.push(key);
    checkNumbers(value, path, problems);
    path.pop();
  }
}

interface Check {
  readonly path: Path;
  readonly problems: Problems;
}

function check(tree: Tree, schema: Schema, at: Check): void {
  if (schema.$ref !== undefined) check(tree, definition(schema.$ref), at);
  else if (schema.oneOf !== undefined) checkOneOf(tree, schema.oneOf, at);
  else if (schema.type !== undefined && !hasType(tree, schema.type)) wrongType(tree, [schema], at);
  else if (tree.kind === "map") checkMap(tree, schema, at);
  else if (tree.kind === "list") checkList(tree, schema, at);
  else checkScalar(tree, schema, at);
}

/** Of the forms an attribute may have, the one of the value's kind is what the user meant. */
function checkOneOf(tree: Tree, forms: readonly Schema[], at: Check): void {
  const meant = forms.flatMap(flatten).find((form) => form.type === undefined || hasType(tree, form.type));
  if (meant === undefined) wrongType(tree, forms.flatMap(flatten), at);
  else check(tree, meant, at);
}

/** The alternatives of a schema, references and nested choices followed. */
function flatten(schema: Schema): readonly Schema[] {
  if (schema.$ref !== undefined) return flatten(definition(schema.$ref));
  return schema.oneOf === undefined ? [schema] : schema.oneOf.flatMap(flatten);
}

function hasType(tree: Tree, type: string | readonly string[]): boolean {
  return typeof type === "string" ? isOfType(tree, type) : type.some((one) => isOfType(tree, one));
}

function isOfType(tree: Tree, type: string): boolean {
  switch (type) {
    case "object":
      return tree.kind === "map";
    case "array":
      return tree.kind === "list" && tree.spent !== true;
    case "string":
      return tree.kind === "scalar" && (tree.type === "string" || tree.type === "time");
    case "boolean":
      return tree.kind === "scalar" && tree.type === "bool";
    case "null":
      return tree.kind === "list" ? tree.spent === true : isNull(tree);
    case "number":
      return tree.kind === "scalar" && (tree.type === "int" || tree.type === "float");
    case "integer":
      return tree.kind === "scalar" && (tree.type === "int" || (tree.type === "float" && Number.isInteger(tree.value)));
    default:
      return false;
  }
}

function wrongType(tree: Tree, forms: readonly Schema[], at: Check): void {
  const types = new Set(forms.flatMap((form) => form.type ?? []).filter((type) => type !== "null"));
  const wanted = [...types].map((type) => TYPE_NAMES.get(type) ?? type);
  at.problems.add({
    message: `expected ${wanted.join(" or ")}, not ${describe(tree)}`,
    attribute: attributePath(at.path),
    place: tree.kind === "scalar" && tree.type !== "null" ? tree : keyPlace(tree),
  });
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["object", "a mapping"],
  ["array", "a list"],
  ["string", "text"],
  ["boolean", "true or false"],
  ["number", "a number"],
  ["integer", "a whole number"],
]);

function describe(tree: Tree): string {
  if (tree.kind === "map") return "a mapping";
  if (tree.kind === "list")
    return tree.spent === true ? "an empty list: where another file follows, leave it out" : "a list";
  switch (tree.type) {
    case "null":
      return "nothing";
    case "string":
    case "time":
      return `the text ${JSON.stringify(treeText(tree).slice(0, 80))}`;
    case "bool":
      return `${treeText(tree)}; put it in quotes to make it text`;
    case "int":
    case "float":
      return `the number ${treeText(tree)}`;
  }
}

function checkMap(tree: TreeMap, schema: Schema, at: Check): void {
  for (const name of schema.required ?? []) {
    if (!tree.entries.has(name))
      at.problems.add({ message: `${name} is missing`, attribute: attributePath(at.path), place: keyPlace(tree) });
  }
  for (const [key, value] of tree.entries) {
    const forms = memberSchemas(schema, key);
    if (forms.length === 0 && schema.additionalProperties === false) unknownKey(key, value, { schema, at });
    at.path.push(key);
    for (const form of forms) check(value, form, at);
    at.path.pop();
  }
}

const patterns = new Map<string, RegExp>();

function memberSchemas(schema: Schema, key: string): Schema[] {
  const own =
    schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  const found = own === undefined ? [] : [own];
  for (const [pattern, form] of Object.entries(schema.patternProperties ?? {})) {
    let regex = patterns.get(pattern);
    if (regex === undefined) patterns.set(pattern, (regex = new RegExp(pattern, "u")));
    if (regex.test(key)) found.push(form);
  }
  return found;
}

function unknownKey(key: string, value: Tree, { schema, at }: { schema: Schema; at: Check }): void {
  const known = Object.keys(schema.properties ?? {});
  const names = schema.properties === undefined;
  const near = nearest(key, known);
  const section = at.path.at(-1) ?? "the project";
  const elsewhere =
    near === undefined &&
    at.path.length === 0 &&
    Object.hasOwn(composeSchema().definitions?.["service"]?.properties ?? {}, key);
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : elsewhere
        ? `${key} belongs under a service; check its indentation`
        : undefined;
  at.problems.add({
    message: names
      ? `${JSON.stringify(key)} cannot be a name in ${section}: letters, digits, ., _ and - only`
      : `${JSON.stringify(key)} is not an attribute of ${section}`,
    ...(hint === undefined ? {} : { hint }),
    attribute: attributePath([...at.path, key]),
    place: keyPlace(value),
  });
}

function checkList(tree: TreeList, schema: Schema, at: Check): void {
  const seen = new Set<string>();
  for (const [index, item] of tree.items.entries()) {
    at.path.push(index);
    if (schema.items !== undefined) check(item, schema.items, at);
    if (schema.uniqueItems === true) {
      const key = identity(item);
      if (seen.has(key))
        at.problems.add({
          message: "this stands in the list a second time",
          attribute: attributePath(at.path),
          place: item,
        });
      seen.add(key);
    }
    at.path.pop();
  }
}

function identity(tree: Tree): string {
  if (tree.kind === "scalar") return tree.type === "string" ? JSON.stringify(tree.value) : treeText(tree);
  if (tree.kind === "list") return `[${tree.items.map(identity).join(",")}]`;
  const members = [...tree.entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${identity(value)}`).join(",")}}`;
}

function checkScalar(tree: TreeScalar, schema: Schema, at: Check): void {
  const fault = scalarFault(tree, schema);
  if (fault === undefined) return;
  const near = typeof tree.value === "string" ? nearest(tree.value, schema.enum ?? []) : undefined;
  at.problems.add({
    message: fault,
    ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
    attribute: attributePath(at.path),
    place: tree,
  });
}

function scalarFault(tree: TreeScalar, schema: Schema): string | undefined {
  const written = treeText(tree);
  if (schema.enum !== undefined && !schema.enum.includes(written))
    return `expected one of ${schema.enum.join(", ")}, not ${JSON.stringify(written)}`;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(written))
    return `${JSON.stringify(written)} is not of the form ${schema.pattern}`;
  if (tree.type !== "int" && tree.type !== "float") return undefined;
  const value = Number(tree.value);
  if (schema.minimum !== undefined && value < schema.minimum)
    return `expected ${schema.minimum} or more, not ${written}`;
  if (schema.maximum !== undefined && value > schema.maximum)
    return `expected ${schema.maximum} or less, not ${written}`;
  return undefined;
}
