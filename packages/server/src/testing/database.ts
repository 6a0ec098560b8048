import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a PostgreSQL that runs for the tests; the database in it named `template` has every migration. */
    readonly postgresUrl: string;
  }
}

/** A database of the test's own, as the migrations leave it, or empty. Removed when disposed. */
export async function createTestDatabase(
  options: { readonly isEmpty?: boolean } = {},
): Promise<AsyncDisposable & { readonly url: string }> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(`create database ${name} template ${options.isEmpty === true ? "template0" : "cilo_template"}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: async () => await administer(`drop database ${name} with (force)`) };
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
