import { createHash } from "node:crypto";
import type { Route } from "@cilo/api";
import { CiloError, type Clock } from "@cilo/base";
import type { Caller } from "../auth/keys.ts";
import type { Database } from "../store/database.ts";

export interface Idempotency {
  readonly db: Database;
  readonly clock: Clock;
}

interface Once {
  readonly key: string;
  readonly caller: Caller;
  readonly route: Route;
  readonly body: unknown;
  readonly run: () => Promise<unknown>;
}

/** A request that was being answered when its server was killed may be sent again after so long. */
const ABANDONED_MS = 60_000;

/**
 * Answers a creation once per key of the client: asked again, the same answer. A failure is not kept, so that it can
 * be tried again.
 * @throws CiloError `IDEMPOTENCY_IN_PROGRESS`, `IDEMPOTENCY_MISMATCH`
 */
export async function answerOnce({ db, clock }: Idempotency, once: Once): Promise<unknown> {
  const { key, caller } = once;
  if (!/^[\x21-\x7E]{1,200}$/u.test(key))
    throw new CiloError("REQUEST_INVALID", "Idempotency-Key: expected 1 to 200 printable characters without spaces");
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([once.route.path, once.body]))
    .digest("hex");
  const kept = await claim({ db, clock }, { keyId: caller.keyId, idempotencyKey: key, fingerprint });
  if (kept !== undefined) return kept.answer;
  const row = db.updateTable("idempotencyKeys").where("keyId", "=", caller.keyId).where("idempotencyKey", "=", key);
  try {
    const answer = await once.run();
    await row.set({ status: once.route.status, answer: JSON.stringify(answer) }).execute();
    return answer;
  } catch (error) {
    await db
      .deleteFrom("idempotencyKeys")
      .where("keyId", "=", caller.keyId)
      .where("idempotencyKey", "=", key)
      .execute();
    throw error;
  }
}

async function claim(
  { db, clock }: Idempotency,
  claimed: { keyId: Caller["keyId"]; idempotencyKey: string; fingerprint: string },
): Promise<{ answer: unknown } | undefined> {
  const now = new Date(clock.now());
  const abandoned = new Date(clock.now() - ABANDONED_MS);
  const mine = await db
    .insertInto("idempotencyKeys")
    .values({ ...claimed, createdAt: now, status: null, answer: null })
    .onConflict((conflict) =>
      conflict
        .columns(["keyId", "idempotencyKey"])
        .doUpdateSet({ createdAt: now })
        .where("idempotencyKeys.status", "is", null)
        .where("idempotencyKeys.createdAt", "<", abandoned)
        .where("idempotencyKeys.fingerprint", "=", claimed.fingerprint),
    )
    .returning("keyId")
    .executeTakeFirst();
  if (mine !== undefined) return undefined;
  const kept = await db
    .selectFrom("idempotencyKeys")
    .select(["fingerprint", "status", "answer"])
    .where("keyId", "=", claimed.keyId)
    .where("idempotencyKey", "=", claimed.idempotencyKey)
    .executeTakeFirst();
  if (kept !== undefined && kept.fingerprint !== claimed.fingerprint)
    throw new CiloError("IDEMPOTENCY_MISMATCH", "the idempotency key was used with another request");
  if (kept?.status === null || kept === undefined)
    throw new CiloError("IDEMPOTENCY_IN_PROGRESS", "a request with the same idempotency key is being answered", {
      hint: "Wait a moment and ask again",
    });
  return { answer: kept.answer };
}
