import type { Caller } from "./auth/keys.ts";
import type { Queries } from "./store/database.ts";

/** Who asks, and in which request. Absent: the server itself. */
export interface Asking {
  readonly caller: Caller;
  readonly requestId: string;
}

/** Records what was done to what, in the transaction that does it. */
export async function audit(
  db: Queries,
  event: { action: string; target: string; at: Date; by: Asking },
): Promise<void> {
  const { caller, requestId } = event.by;
  await db
    .insertInto("auditEvents")
    .values({
      at: event.at,
      teamId: caller.teamId,
      actor: caller.name,
      keyId: caller.keyId,
      action: event.action,
      target: event.target,
      requestId,
    })
    .execute();
}
