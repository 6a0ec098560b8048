import pg from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/database.ts";
import { openStore } from "./database.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/migrations.ts";
import { describeSchema } from "./schema.ts";

test("from empty, from every earlier version and done twice, the database is what schema.sql says", async () => {
  for (let version = 0; version <= migrations.length; version += 1) {
    await using database = await createTestDatabase({ isEmpty: true });
    await using store = await openStore(database.url);
    await migrate(store.pool, version);
    await migrate(store.pool);
    await migrate(store.pool);
    // If the difference is meant: npx vitest run --project server -u packages/server/src/store
    await expect(await describeSchema(store.pool), `from version ${version}`).toMatchFileSnapshot("schema.sql");
  }
});

test("of several servers that start at once one migrates and the others wait", async () => {
  await using database = await createTestDatabase({ isEmpty: true });
  await using one = await openStore(database.url);
  await using two = await openStore(database.url);
  await Promise.all([migrate(one.pool), migrate(two.pool), migrate(one.pool), migrate(two.pool)]);
  const { rows } = await one.pool.query("select name from migrations");
  expect(rows).toEqual(migrations.map(({ name }) => ({ name })));
});

test("a migration that fails leaves nothing of itself, and the next start does it", async () => {
  await using database = await createTestDatabase({ isEmpty: true });
  await using store = await openStore(database.url);
  await store.pool.query("create table audit_events (id text)");
  await expect(migrate(store.pool)).rejects.toBeInstanceOf(pg.DatabaseError);
  const { rows } = await store.pool.query("select from information_schema.tables where table_name = 'teams'");
  expect(rows).toEqual([]);
  await store.pool.query("drop table audit_events");
  await migrate(store.pool);
});

test("a database that a newer version used is refused", async () => {
  await using database = await createTestDatabase();
  await using store = await openStore(database.url);
  await store.pool.query("insert into migrations values ('9999-later', now())");
  await expect(migrate(store.pool)).rejects.toMatchObject({ code: "DATABASE_TOO_NEW" });
});
