import type { KeyId, MachineId, WireGuardKey } from "@cilo/api";
import { mapLimit } from "@cilo/base";
import { freeAddress } from "../addresses/allocate.ts";
import type { Parts } from "../parts.ts";

const CALL_MS = 3000;
const BATCH = 500;

/**
 * Takes peers that are to go, or whose lease has run out, off their machines, and forgets devices without any. A
 * machine that does not answer keeps its rows: the next run is the retry. Answers how many went.
 */
export async function removeFromMachines(
  parts: Parts,
  only: { readonly publicKeys?: readonly WireGuardKey[] } = {},
): Promise<number> {
  const now = new Date(parts.clock.now());
  const rows = await parts.db
    .selectFrom("peers")
    .innerJoin("environments", "environments.id", "peers.environmentId")
    .leftJoin("machines", "machines.id", "environments.machineId")
    .select([
      "peers.environmentId",
      "peers.publicKey",
      "machines.id as machineId",
      "machines.address",
      "environments.status",
    ])
    .where((is) => is.or([is("removedAt", "is not", null), is("leaseUntil", "<=", now)]))
    .$if(only.publicKeys !== undefined, (some) => some.where("peers.publicKey", "in", [...(only.publicKeys ?? [])]))
    .orderBy("leaseUntil")
    .limit(BATCH)
    .execute();
  const gone = await mapLimit(rows, { limit: 16, signal: AbortSignal.timeout(60_000) }, async (row) => {
    const { machineId: id, address, status } = row;
    const machine = id === null || address === null || status === "destroyed" ? undefined : { id, address };
    if (machine !== undefined && !(await removed(parts, { machine, row }))) return 0;
    await forget(parts, row, now);
    return 1;
  });
  return gone.reduce<number>((sum, one) => sum + one, 0);
}

type PeerOfMachine = {
  readonly environmentId: Parameters<Parts["jobs"]["advance"]>[1];
  readonly publicKey: WireGuardKey;
};

async function removed(
  parts: Parts,
  { machine, row }: { machine: { id: MachineId; address: string }; row: PeerOfMachine },
): Promise<boolean> {
  try {
    const body = { publicKey: row.publicKey, environmentId: row.environmentId };
    await parts.agents.of(machine).removePeer({ body, signal: AbortSignal.timeout(CALL_MS) });
    return true;
  } catch {
    // It is away, or does not know what to do: either way its row stays, and health tells about the machine.
    return false;
  }
}

async function forget(parts: Parts, row: PeerOfMachine, now: Date): Promise<void> {
  await parts.db.transaction().execute(async (queries) => {
    // Not one that was renewed meanwhile.
    await queries
      .deleteFrom("peers")
      .where("environmentId", "=", row.environmentId)
      .where("publicKey", "=", row.publicKey)
      .where((is) => is.or([is("removedAt", "is not", null), is("leaseUntil", "<=", now)]))
      .execute();
    await queries
      .selectFrom("devices")
      .select("publicKey")
      .where("publicKey", "=", row.publicKey)
      .forUpdate()
      .execute();
    const left = await queries
      .selectFrom("peers")
      .select("publicKey")
      .where("publicKey", "=", row.publicKey)
      .limit(1)
      .execute();
    if (left.length > 0) return;
    await queries.deleteFrom("devices").where("publicKey", "=", row.publicKey).execute();
    await freeAddress(queries, row.publicKey, now);
  });
}

/** Marks every peer that was registered with the key as to go, and answers their public keys. */
export async function removePeersOfKey(
  db: Parts["db"] | Parameters<Parts["jobs"]["advance"]>[0],
  keyId: KeyId,
  now: Date,
): Promise<WireGuardKey[]> {
  const rows = await db
    .updateTable("peers")
    .set({ removedAt: now })
    .where("keyId", "=", keyId)
    .returning("publicKey")
    .execute();
  return [...new Set(rows.map((row) => row.publicKey))];
}
