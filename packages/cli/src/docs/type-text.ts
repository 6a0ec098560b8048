import * as z from "zod";

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
}

/** A schema in the notation of TypeScript's types, with its descriptions as comments. */
export function typeText(schema: z.ZodType): string {
  return text(z.toJSONSchema(schema) satisfies object as Schema, "");
}

function text(schema: Schema, indent: string): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => text(one, indent)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return listText(schema.items ?? {}, indent);
  if (schema.properties !== undefined) return objectText(schema, indent);
  if (typeof schema.additionalProperties === "object")
    return `{ [key: string]: ${text(schema.additionalProperties, indent)} }`;
  return schema.type ?? "unknown";
}

function listText(items: Schema, indent: string): string {
  const inner = text(items, indent);
  return inner.includes(" | ") && !inner.startsWith("{") ? `(${inner})[]` : `${inner}[]`;
}

function objectText(schema: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const mark = schema.required?.includes(name) === true ? "" : "?";
    const comment = member.description === undefined ? "" : `  // ${member.description}`;
    return `${inner}${name}${mark}: ${text(member, inner)}${comment}`;
  });
  return ["{", ...lines, `${indent}}`].join("\n");
}
