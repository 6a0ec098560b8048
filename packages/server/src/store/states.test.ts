import { environmentStatuses, machineStatuses } from "@cilo/api";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { environmentMoves } from "../environments/states.ts";
import { machineMoves } from "../machines/states.ts";
import { createTestDatabase } from "../testing/database.ts";
import { type Database, openStore } from "./database.ts";

const insert = {
  environments: (db: Database) =>
    sql`insert into environments (id, team_id, key_id, name, project, format, status, status_since, block, created_at, created_by,
        source, exclusive, keep, memory_mb, cpus, last_active)
      values ('e', 't', 'k', 'a', 'p', 'compose', 'provisioning', now(), '10.224.0.0/27', now(), 'x', 'api', false, false, 1, 1, now())`.execute(
      db,
    ),
  machines: (db: Database) =>
    sql`insert into machines (id, name, provider_id, provider_type, status, status_since, public_ip, wg_public_key, wg_endpoint,
        address, ssh_host, ssh_user, ssh_port, capacity_environments, allow_privileged, firewall, created_at)
      values ('m', 'm', 'p', 'manual', 'registering', now(), 'h', 'k', 'h:1', '10.225.0.2', 'h', 'root', 22, 1, false, false, now())`.execute(
      db,
    ),
};

test.each([
  ["environments", environmentStatuses, environmentMoves],
  ["machines", machineStatuses, machineMoves],
] as const)(
  "the database lets %s make the moves of their table and no other",
  async (table, statuses, moves: Readonly<Record<string, readonly string[]>>) => {
    await using database = await createTestDatabase();
    await using store = await openStore(database.url);
    await sql`insert into teams values ('t', 't', now())`.execute(store.db);
    await sql`insert into api_keys (id, team_id, key_hash, prefix, scope, name, created_at) values ('k', 't', 'h', '12345678', 'ci', 'k', now())`.execute(
      store.db,
    );
    await insert[table](store.db);
    const allowed: string[] = [];
    for (const from of statuses)
      for (const to of statuses) {
        if (from === to) continue;
        if (await canMove(store.db, { table, from, to })) allowed.push(`${from} ${to}`);
      }
    const wanted = Object.entries(moves).flatMap(([from, targets]) => targets.map((to) => `${from} ${to}`));
    expect(allowed.sort()).toEqual(wanted.sort());
  },
);

/** Puts the row into `from` with the check switched off, then tries the move; nothing of it stays. */
async function canMove(
  db: Database,
  { table, from, to }: { table: "environments" | "machines"; from: string; to: string },
): Promise<boolean> {
  const block = (status: string) =>
    table === "machines" ? sql`` : sql`, reason = 'x', block = ${status === "destroyed" ? null : "10.224.0.0/27"}`;
  const undo = new Error("undo");
  try {
    await db.transaction().execute(async (queries) => {
      await sql`alter table ${sql.table(table)} disable trigger user`.execute(queries);
      await sql`update ${sql.table(table)} set status = ${from} ${block(from)}`.execute(queries);
      await sql`alter table ${sql.table(table)} enable trigger user`.execute(queries);
      await sql`update ${sql.table(table)} set status = ${to} ${block(to)}`.execute(queries);
      throw undo;
    });
  } catch (error) {
    if (error === undo) return true;
    expect(String(error)).toMatch(/cannot go from|is destroyed/u);
    return false;
  }
  throw new Error("not undone");
}
