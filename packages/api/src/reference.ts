import * as z from "zod";
import { httpStatusByCode } from "./codes.ts";
import { agentRoutes } from "./contract/agent.ts";
import { type Route, codesOf, scopes } from "./contract/route.ts";
import { serverRoutes } from "./contract/server.ts";

/** docs/API_REFERENCE.md, made from the contract. */
export function apiReference(): string {
  return `${[
    "# API reference",
    "Made from the contract in `packages/api` by `node scripts/docs.ts`; a server tells the same as OpenAPI 3.1 at `/v1/openapi.json`.",
    [
      "Requests carry `Authorization: Bearer <key>`. Bodies and answers are JSON; streams are lines of JSON (`application/x-ndjson`), empty lines among them being signs of life.",
      "Failures are problems (RFC 9457, `application/problem+json`) with a stable `code`, mostly a `hint`, and the `requestId` that also stands in the header `x-request-id` and in the server's log.",
      "Answers carry `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset`. Where `Idempotency-Key` is named, the same request with the same key within a day is answered alike and done once.",
      "Lists are newest first; `nextCursor` is the `cursor` of the next page, null at the end.",
    ].join("\n\n"),
    "## cilo-server",
    ...Object.values<Route>(serverRoutes).map(routeText),
    "## cilo-agent",
    "At port 8080 of a machine's address in the tunnel, and nowhere else. Credentials come from the server: its own, or a client's for one environment (`POST /v1/wireguard/exchange`).",
    ...Object.values<Route>(agentRoutes).map(routeText),
    "## Codes",
    [
      "| code | HTTP |",
      "|---|---|",
      ...Object.entries(httpStatusByCode).map(([code, status]) => `| \`${code}\` | ${status} |`),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

/** The table of docs/SECURITY.md: how far each scope reaches on each route. */
export function scopeTable(): string {
  const rows = Object.values<Route>(serverRoutes).map((route) => {
    const cells =
      route.access.kind === "key" ? scopes.map((scope) => reachOf(route, scope)) : scopes.map(() => accessText(route));
    return `| \`${route.method} ${route.path}\` | ${cells.join(" | ")} |`;
  });
  return [`| | ${scopes.join(" | ")} |`, "|---|---|---|---|", ...rows].join("\n");
}

function reachOf({ access }: Route, scope: (typeof scopes)[number]): string {
  if (access.kind !== "key") return "";
  const words = { team: "the team's", own: "its own", none: "no" };
  return words[access.reach[scope]];
}

function accessText({ access }: Route): string {
  switch (access.kind) {
    case "public":
      return "anybody";
    case "metrics":
      return "metrics token";
    case "key":
      return "key";
    case "credential":
      return access.roles.join(", ");
  }
}

function routeText(route: Route): string {
  const allowed =
    route.access.kind === "key"
      ? scopes
          .filter((scope) => reachOf(route, scope) !== "no")
          .map((scope) => `${scope} (${reachOf(route, scope)})`)
          .join(", ")
      : accessText(route);
  return [
    `### ${route.method} ${route.path}`,
    `${route.summary}.`,
    [
      `For: ${allowed}. Answers ${route.status}${answerText(route)}.`,
      ...(route.isIdempotent === true ? ["Takes `Idempotency-Key`."] : []),
    ].join(" "),
    ...fieldsText("Query", route.query),
    ...fieldsText("Body", route.body),
    ...(route.answer.kind === "json" || route.answer.kind === "lines" ? fieldsText("Answer", route.answer.schema) : []),
    `Codes: ${codesOf(route)
      .map((code) => `\`${code}\``)
      .join(" ")}`,
  ].join("\n\n");
}

function answerText({ answer }: Route): string {
  switch (answer.kind) {
    case "json":
      return "";
    case "lines":
      return " with lines";
    case "text":
      return " with text";
    case "nothing":
      return " with nothing";
    case "socket":
      return " by a WebSocket";
  }
}

const Shape = z.object({
  properties: z.optional(z.record(z.string(), z.looseObject({}))),
  required: z.optional(z.array(z.string())),
  oneOf: z.optional(z.array(z.looseObject({}))),
});

function fieldsText(title: string, schema: z.ZodType | undefined): string[] {
  if (schema === undefined) return [];
  const { $ref, $defs, ...own } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const whole = Shape.parse($ref === undefined ? own : $defs?.[$ref.replace("#/$defs/", "")]);
  const shapes = whole.oneOf === undefined ? [whole] : whole.oneOf.map((one) => Shape.parse(one));
  const rows = shapes.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(
      ([name, property]) =>
        `| \`${name}\`${required.includes(name) ? "" : " (optional)"} | ${typeText(property)} | ${descriptionOf(property)} |`,
    ),
  );
  return rows.length === 0 ? [] : [[`| ${title} | | |`, "|---|---|---|", ...rows].join("\n")];
}

const Property = z.looseObject({
  type: z.optional(z.union([z.string(), z.array(z.string())])),
  enum: z.optional(z.array(z.unknown())),
  const: z.optional(z.unknown()),
  items: z.optional(z.looseObject({})),
  anyOf: z.optional(z.array(z.looseObject({}))),
  $ref: z.optional(z.string()),
  description: z.optional(z.string()),
});

function typeText(schema: unknown): string {
  const property = Property.parse(schema);
  if (property.$ref !== undefined) return property.$ref.replace("#/$defs/", "");
  if (property.enum !== undefined) return property.enum.map(String).join(", ");
  if (property.const !== undefined) return JSON.stringify(property.const);
  if (property.anyOf !== undefined) return property.anyOf.map(typeText).join(" or ");
  if (property.type === "array") return `list of ${typeText(property.items ?? {})}`;
  return [property.type ?? "any"].flat().join(" or ");
}

function descriptionOf(schema: unknown): string {
  return (Property.parse(schema).description ?? "").replaceAll("|", String.raw`\|`);
}
