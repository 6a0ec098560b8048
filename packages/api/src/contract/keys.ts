import * as z from "zod";
import { PageQuery, pageOf } from "./pages.ts";
import { route, scopes } from "./route.ts";
import { DisplayName, KeyId, TeamId, Time } from "./values.ts";

export const KeyScope = z.enum(scopes);

export const ApiKey = z
  .object({
    id: KeyId,
    teamId: TeamId,
    prefix: z.string().length(8).meta({ description: "First characters of the secret, to tell keys apart." }),
    scope: KeyScope,
    name: DisplayName.meta({ description: "The person, or what the key is for." }),
    createdAt: Time,
    lastUsed: z.nullable(Time),
    expiresAt: z.optional(Time),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof ApiKey>;

export const CreateKeyRequest = z
  .strictObject({ name: DisplayName, scope: KeyScope, expiresAt: z.optional(Time) })
  .meta({ id: "CreateKeyRequest" });
export type CreateKeyRequest = z.infer<typeof CreateKeyRequest>;

/** The key itself is in this answer and nowhere else. */
export const CreatedKey = ApiKey.extend({
  key: z.string().meta({ description: "`cilo_key_<id>_<secret>`. Shown once." }),
}).meta({ id: "CreatedKey" });
export type CreatedKey = z.infer<typeof CreatedKey>;

/** A key as text: its id without the prefix, then 32 random bytes. */
export const KeyText = z.string().regex(/^cilo_key_[0-9a-z]{20}_[A-Za-z0-9]{43}$/u);

const admins = { kind: "key", reach: { admin: "team", developer: "none", ci: "none" } } as const;
const KeyParams = z.strictObject({ id: KeyId });

export const keyRoutes = {
  createKey: route({
    method: "POST",
    path: "/v1/auth/keys",
    summary: "Create a key of the team",
    access: admins,
    body: CreateKeyRequest,
    status: 201,
    answer: { kind: "json", schema: CreatedKey },
    // Takes no idempotency key: to answer again, the server would have to keep the secret.
    codes: [],
  }),
  listKeys: route({
    method: "GET",
    path: "/v1/auth/keys",
    summary: "List the team's keys",
    access: admins,
    query: PageQuery,
    status: 200,
    answer: { kind: "json", schema: pageOf(ApiKey) },
    codes: ["CURSOR_INVALID"],
  }),
  getKey: route({
    method: "GET",
    path: "/v1/auth/keys/:id",
    summary: "Read a key's record",
    access: admins,
    params: KeyParams,
    status: 200,
    answer: { kind: "json", schema: ApiKey },
    codes: ["KEY_NOT_FOUND"],
  }),
  revokeKey: route({
    method: "DELETE",
    path: "/v1/auth/keys/:id",
    summary: "Revoke a key, its peers, its credentials and its open streams, at once",
    access: admins,
    params: KeyParams,
    status: 204,
    answer: { kind: "nothing" },
    codes: ["KEY_NOT_FOUND"],
  }),
} as const;
