import * as z from "zod";

type Schema = z.core.JSONSchema.BaseSchema;
/** `true` stands for anything. */
type Member = Schema | boolean;

/** A schema in the notation of TypeScript's types, with its descriptions as comments. */
export function typeText(schema: z.ZodType): string {
  return text(z.toJSONSchema(schema), "");
}

function text(schema: Member, indent: string): string {
  if (typeof schema === "boolean") return "unknown";
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => text(one, indent)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return listText(schema.items, indent);
  if (schema.properties !== undefined) return objectText(schema, indent);
  if (schema.type === "object") return `{ [key: string]: ${text(schema.additionalProperties ?? true, indent)} }`;
  return typeof schema.type === "string" ? schema.type : "unknown";
}

function listText(items: Schema["items"], indent: string): string {
  const inner = text(items === undefined || Array.isArray(items) ? true : items, indent);
  return inner.includes(" | ") && !inner.startsWith("{") ? `(${inner})[]` : `${inner}[]`;
}

function objectText(schema: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const mark = schema.required?.includes(name) === true ? "" : "?";
    const description = typeof member === "boolean" ? undefined : member.description;
    const comment = description === undefined ? "" : `  // ${description}`;
    return `${inner}${name}${mark}: ${text(member, inner)}${comment}`;
  });
  return ["{", ...lines, `${indent}}`].join("\n");
}
