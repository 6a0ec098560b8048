import { CiloError } from "@cilo/base";
import type { Pool, PoolClient } from "pg";
import { ServerCode } from "../errors.ts";
import { migrations } from "./migrations/migrations.ts";

/** Any number that no other program takes on this database. */
const LOCK = 4_711_224;

/**
 * Brings the database up to date, each step in one transaction. Of several servers that start at once one does it and
 * the others wait. Done already is done.
 * @throws CiloError `DATABASE_TOO_NEW` when a newer version has been at it
 */
export async function migrate(pool: Pool, upTo: number = migrations.length): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await applyMissing(client, upTo);
  } finally {
    // The lock ends with the session at the latest; the client is closed rather than given back.
    client.release(true);
  }
}

async function applyMissing(client: PoolClient, upTo: number): Promise<void> {
  await client.query("create table if not exists migrations (name text primary key, applied_at timestamptz not null)");
  const { rows } = await client.query<{ name: string }>("select name from migrations order by name");
  const known = migrations.map(({ name }) => name);
  const stranger = rows.find(({ name }, index) => known[index] !== name);
  if (stranger !== undefined)
    throw new CiloError(
      ServerCode.databaseTooNew,
      `the database has the migration ${stranger.name}, unknown to this version`,
      {
        hint: "Start the version of cilo-server that was used last, or a newer one",
      },
    );
  for (const { name, sql } of migrations.slice(rows.length, upTo)) {
    await client.query("begin");
    await client.query(sql);
    await client.query("insert into migrations values ($1, now())", [name]);
    await client.query("commit");
  }
}
