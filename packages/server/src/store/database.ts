import { CiloError } from "@cilo/base";
import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { ServerCode } from "../errors.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;
/** Where a query may run: outside or inside a transaction. */
export type Queries = Database | Transaction<Tables>;

export interface Store extends AsyncDisposable {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly url: string;
}

/** Never more than so many connections of one server, whatever is asked of it. */
const POOL_SIZE = 16;

/** Connects to PostgreSQL. @throws CiloError `DATABASE_UNREACHABLE` */
export async function openStore(url: string): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: 10_000,
    application_name: "cilo-server",
  });
  // A connection that breaks while idle is replaced by the pool; the next query tells whether the database is there.
  pool.on("error", () => undefined);
  try {
    await pool.query("select 1");
  } catch (cause) {
    await pool.end();
    throw new CiloError(ServerCode.databaseUnreachable, `PostgreSQL does not answer at ${withoutPassword(url)}`, {
      cause,
      hint: "Check POSTGRES_URL, or leave it out to use the embedded PostgreSQL",
    });
  }
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  return { db, pool, url, [Symbol.asyncDispose]: async () => await db.destroy() };
}

function withoutPassword(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    return "the address in POSTGRES_URL";
  }
}

/** True for a violation of the named constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.constraint === constraint;
}
