import * as z from "zod";
import { type Access, codesOf, type Route } from "./contract/route.ts";
import { serverRoutes } from "./contract/server.ts";
import { httpStatusByCode } from "./codes.ts";
import { PROBLEM_TYPE, ProblemDetails } from "./problem.ts";

/** cilo-server's contract as an OpenAPI 3.1 document. */
export function openApiDocument(version: string): Record<string, unknown> {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(serverRoutes)) {
    const path = route.path.replaceAll(/:(\w+)/gu, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, { route, schemas }) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "cilo-server", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: "http", scheme: "bearer" }, metrics: { type: "http", scheme: "bearer" } },
    },
  };
}

interface Context {
  readonly route: Route;
  readonly schemas: Record<string, unknown>;
}

function operation(name: string, context: Context): Record<string, unknown> {
  const { route } = context;
  return {
    operationId: name,
    summary: route.summary,
    security: securityOf(route.access),
    parameters: [
      ...parameters("path", { ...context, object: route.params }),
      ...parameters("query", { ...context, object: route.query }),
      ...(route.isIdempotent === true
        ? [{ name: "Idempotency-Key", in: "header", schema: { type: "string", minLength: 1, maxLength: 200 } }]
        : []),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: content("application/json", route.body, context) } }),
    responses: { [route.status]: success(context), ...failures(context) },
  };
}

function securityOf(access: Access): Record<string, string[]>[] {
  return access.kind === "public" ? [] : [{ [access.kind === "metrics" ? "metrics" : "key"]: [] }];
}

function parameters(place: "path" | "query", options: Context & { object: z.ZodObject | undefined }): unknown[] {
  return Object.entries(options.object?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || !z.safeParse(z.object({ value: schema }), {}).success,
    schema: jsonSchema(schema, options, "input"),
  }));
}

function success(context: Context): Record<string, unknown> {
  const { answer } = context.route;
  const description = context.route.summary;
  switch (answer.kind) {
    case "json":
      return { description, content: content("application/json", answer.schema, context) };
    case "lines":
      return { description, content: content("application/x-ndjson", answer.schema, context) };
    case "text":
      return { description, content: { "text/plain": { schema: { type: "string" } } } };
    case "nothing":
    case "socket":
      return { description };
  }
}

function failures(context: Context): Record<string, unknown> {
  const byStatus = Object.groupBy(codesOf(context.route), (code) => String(httpStatusByCode[code]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      { description: codes?.join(", ") ?? "", content: content(PROBLEM_TYPE, ProblemDetails, context) },
    ]),
  );
}

function content(type: string, schema: z.ZodType, context: Context): Record<string, unknown> {
  return { [type]: { schema: jsonSchema(schema, context, type === "application/json" ? "input" : "output") } };
}

/** The schema, with every schema in it that has an id moved to `components`. */
function jsonSchema(schema: z.core.$ZodType, { schemas }: Context, io: "input" | "output"): unknown {
  const { $schema: _, ...whole } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const { $defs = {}, id, ...own } = z.record(z.string(), z.unknown()).parse(inComponents(whole));
  for (const [name, definition] of Object.entries(z.record(z.string(), Definition).parse($defs))) {
    const { id: _, ...rest } = definition;
    schemas[name] ??= rest;
  }
  if (typeof id !== "string") return own;
  schemas[id] ??= own;
  return { $ref: `#/components/schemas/${id}` };
}

const Definition = z.record(z.string(), z.unknown());

function inComponents(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll("#/$defs/", "#/components/schemas/"));
}
