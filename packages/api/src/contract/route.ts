import type * as z from "zod";
import type { ApiCode } from "../codes.ts";

export const scopes = ["admin", "developer", "ci"] as const;
export type Scope = (typeof scopes)[number];

/** How far a scope reaches: all of its team's, only what the key created itself, or not at all. */
export type Reach = "team" | "own" | "none";

/** Who an agent serves: a server, or a client of one environment. */
export type Role = "server" | "environment";

/** Who may call a route. The one place where it is said. */
export type Access =
  | { readonly kind: "public" }
  /** A token of its own, which scrapers have. */
  | { readonly kind: "metrics" }
  | { readonly kind: "key"; readonly reach: Readonly<Record<Scope, Reach>> }
  | { readonly kind: "credential"; readonly roles: readonly Role[] };

/** One route of the contract. Server, agent, clients, OpenAPI document and reference page are made from it. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** With `:name` for each parameter. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject | z.ZodDiscriminatedUnion;
  readonly status: 200 | 201 | 202 | 204;
  /** What is answered: JSON, lines of JSON (`application/x-ndjson`) of that shape, plain text, nothing, or a WebSocket. */
  readonly answer:
    | { readonly kind: "json"; readonly schema: z.ZodType }
    | { readonly kind: "lines"; readonly schema: z.ZodType }
    | { readonly kind: "text"; readonly type: string }
    | { readonly kind: "nothing" }
    | { readonly kind: "socket" };
  /** Codes beyond those that every route can answer with. */
  readonly codes: readonly ApiCode[];
  /** Takes an `Idempotency-Key` header: asked again with the same one, it answers the same and does nothing. */
  readonly isIdempotent?: true;
}

/** Keeps a route's exact type, so that clients and handlers get theirs from it. */
export function route<const R extends Route>(definition: R): R {
  return definition;
}

/** Codes that every route can answer with. */
export const commonCodes = [
  "REQUEST_INVALID",
  "REQUEST_TIMEOUT",
  "BODY_TOO_LARGE",
  "MEDIA_TYPE_UNSUPPORTED",
  "RATE_LIMITED",
  "HEADERS_TOO_LARGE",
  "INTERNAL",
  "NOT_READY",
] as const satisfies readonly ApiCode[];

/** Every code a route can answer with. */
export function codesOf(definition: Route): ApiCode[] {
  const ofAccess: Readonly<Record<Access["kind"], readonly ApiCode[]>> = {
    public: [],
    metrics: ["UNAUTHENTICATED"],
    key: ["UNAUTHENTICATED", "FORBIDDEN"],
    credential: ["UNAUTHENTICATED", "FORBIDDEN"],
  };
  return [...new Set([...definition.codes, ...ofAccess[definition.access.kind], ...commonCodes])].sort();
}
