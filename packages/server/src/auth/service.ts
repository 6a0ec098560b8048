import { type ApiKey, type CreatedKey, type CreateKeyRequest, type KeyId, type Scope, type TeamId } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { type Selectable, sql } from "kysely";
import { type Asking, audit } from "../audit.ts";
import { ServerCode } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Parts } from "../parts.ts";
import { announce } from "../store/changes.ts";
import { DEFAULT_PAGE, pageOfRows, readCursor } from "../store/cursor.ts";
import { type Queries, violates } from "../store/database.ts";
import type { Tables } from "../store/tables.ts";
import { removeFromMachines, removePeersOfKey } from "../wireguard/leases.ts";
import { createKeyText } from "./keys.ts";

export type KeyService = ReturnType<typeof createKeyService>;

export function createKeyService(parts: Parts) {
  const { db, clock } = parts;
  const now = (): Date => new Date(clock.now());
  return {
    create: async (request: CreateKeyRequest, by: Asking): Promise<CreatedKey> =>
      await db.transaction().execute(async (queries) => {
        const expiresAt = request.expiresAt === undefined ? null : new Date(request.expiresAt);
        if (expiresAt !== null && expiresAt <= now())
          throw new CiloError("REQUEST_INVALID", "body.expiresAt: expected a time in the future");
        const created = await insertKey(queries, { ...request, expiresAt, teamId: by.caller.teamId, now: now() });
        await audit(queries, { action: "key.create", target: created.id, at: now(), by });
        return created;
      }),

    list: async (query: { limit?: number | undefined; cursor?: string | undefined }, by: Asking) => {
      const limit = query.limit ?? DEFAULT_PAGE;
      const cursor = readCursor(query.cursor);
      const rows = await db
        .selectFrom("apiKeys")
        .selectAll()
        .where("teamId", "=", by.caller.teamId)
        .where("revokedAt", "is", null)
        .$if(cursor !== undefined, (rest) =>
          rest.where(sql<boolean>`(created_at, id) < (${cursor?.createdAt ?? null}, ${cursor?.id ?? null})`),
        )
        .orderBy("createdAt", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      const page = pageOfRows(rows, limit);
      return { items: page.rows.map(keyAnswer), nextCursor: page.nextCursor };
    },

    get: async (id: KeyId, by: Asking): Promise<ApiKey> => {
      const row = await db
        .selectFrom("apiKeys")
        .selectAll()
        .where("id", "=", id)
        .where("teamId", "=", by.caller.teamId)
        .where("revokedAt", "is", null)
        .executeTakeFirst();
      if (row === undefined) throw noKey(id);
      return keyAnswer(row);
    },

    /** From the answer on, no server takes the key, and its streams and peers are cut. */
    revoke: async (id: KeyId, by: Asking): Promise<void> => {
      const publicKeys = await db.transaction().execute(async (queries) => {
        const row = await queries
          .updateTable("apiKeys")
          .set({ revokedAt: now() })
          .where("id", "=", id)
          .where("teamId", "=", by.caller.teamId)
          .where("revokedAt", "is", null)
          .returning("id")
          .executeTakeFirst();
        if (row === undefined) throw noKey(id);
        await audit(queries, { action: "key.revoke", target: id, at: now(), by });
        await announce(queries, { kind: "key-revoked", keyId: id });
        return await removePeersOfKey(queries, id, now());
      });
      if (publicKeys.length > 0) await removeFromMachines(parts, { publicKeys });
    },
  };
}

function noKey(id: KeyId): CiloError {
  return new CiloError("KEY_NOT_FOUND", `there is no key ${id}`, { hint: "List them: cilo cloud keys list" });
}

function keyAnswer(row: Selectable<Tables["apiKeys"]>): ApiKey {
  return {
    id: row.id,
    teamId: row.teamId,
    prefix: row.prefix,
    scope: row.scope,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    lastUsed: row.lastUsed?.toISOString() ?? null,
    ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
  };
}

interface NewKey {
  readonly teamId: TeamId;
  readonly scope: Scope;
  readonly name: string;
  readonly expiresAt: Date | null;
  readonly now: Date;
}

/** A new key of the team; its text is in the answer and nowhere else. */
export async function insertKey(db: Queries, { teamId, scope, name, expiresAt, now }: NewKey): Promise<CreatedKey> {
  const id = newId.key();
  const { text, prefix, keyHash } = await createKeyText(id);
  const row = await db
    .insertInto("apiKeys")
    .values({ id, teamId, keyHash, prefix, scope, name, createdAt: now, lastUsed: null, expiresAt, revokedAt: null })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { ...keyAnswer(row), key: text };
}

/** @throws CiloError `TEAM_EXISTS` */
export async function insertTeam(db: Queries, { name, now }: { name: string; now: Date }) {
  try {
    return await db
      .insertInto("teams")
      .values({ id: newId.team(), name, createdAt: now })
      .returningAll()
      .executeTakeFirstOrThrow();
  } catch (error) {
    if (!violates(error, "teams_name_key")) throw error;
    throw new CiloError(ServerCode.teamExists, `there is a team called ${name} already`, { cause: error });
  }
}
