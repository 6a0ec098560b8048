import { createHash, randomBytes } from "node:crypto";
import { type KeyId, type Scope, type TeamId, KeyId as KeyIdSchema, KeyText } from "@cilo/api";
import { type Clock, CiloError } from "@cilo/base";
import { compare, hash } from "bcryptjs";
import type { Database } from "../store/database.ts";

/** Who calls: what a key stands for. */
export interface Caller {
  readonly keyId: KeyId;
  readonly teamId: TeamId;
  readonly scope: Scope;
  readonly name: string;
}

/**
 * bcrypt slows down guessing of passwords that people choose. These secrets are 32 random bytes, which no guessing
 * finds, so the lowest cost that is not absurd keeps a first request quick (about 15 ms).
 */
const BCRYPT_COST = 8;

/** How long a verified key is taken without asking the database; a revocation drops it at once. */
const CACHE_MS = 60_000;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new key's text with what is stored of it. */
export async function createKeyText(keyId: KeyId): Promise<{ text: string; prefix: string; keyHash: string }> {
  let secret = "";
  while (secret.length < 43)
    for (const byte of randomBytes(64)) if (byte < 248 && secret.length < 43) secret += ALPHABET[byte % 62];
  return {
    text: `cilo_key_${keyId.slice("key_".length)}_${secret}`,
    prefix: secret.slice(0, 8),
    keyHash: await hash(secret, BCRYPT_COST),
  };
}

export interface Keys {
  /**
   * Who has this key.
   * @throws CiloError `UNAUTHENTICATED` when nobody has, or no longer
   */
  verify(text: string, options: { readonly beforeHashing: () => Promise<void> }): Promise<Caller>;
  /** Forgets what was verified of it. */
  drop(keyId: KeyId): void;
  dropAll(): void;
}

interface Verified {
  readonly digest: string;
  readonly caller: Caller;
  readonly untilMs: number;
}

/** Verifies keys against the database, by id; digests of verified ones are kept for a minute. */
export function createKeys({ db, clock }: { db: Database; clock: Clock }): Keys {
  const verified = new Map<KeyId, Verified>();
  return {
    verify: async (text, { beforeHashing }) => {
      const parsed = parse(text);
      const known = verified.get(parsed.keyId);
      if (known !== undefined && known.digest === parsed.digest && known.untilMs > clock.now()) return known.caller;
      await beforeHashing();
      const row = await db.selectFrom("apiKeys").selectAll().where("id", "=", parsed.keyId).executeTakeFirst();
      const nowMs = clock.now();
      if (row === undefined || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt.getTime() <= nowMs))
        throw unknownKey();
      if (!(await compare(parsed.secret, row.keyHash))) throw unknownKey();
      const caller: Caller = { keyId: row.id, teamId: row.teamId, scope: row.scope, name: row.name };
      const untilMs = Math.min(nowMs + CACHE_MS, row.expiresAt?.getTime() ?? Infinity);
      verified.set(row.id, { digest: parsed.digest, caller, untilMs });
      await db
        .updateTable("apiKeys")
        .set({ lastUsed: new Date(nowMs) })
        .where("id", "=", row.id)
        .execute();
      return caller;
    },
    drop: (keyId) => void verified.delete(keyId),
    dropAll: () => verified.clear(),
  };
}

function parse(text: string): { keyId: KeyId; secret: string; digest: string } {
  if (!KeyText.safeParse(text).success) throw unknownKey();
  const [, , id = "", secret = ""] = text.split("_");
  return { keyId: KeyIdSchema.parse(`key_${id}`), secret, digest: createHash("sha256").update(secret).digest("hex") };
}

function unknownKey(): CiloError {
  return new CiloError("UNAUTHENTICATED", "the key is unknown, expired or revoked", {
    hint: "Log in with a key of this server: cilo cloud login --server URL",
  });
}
