import { readConfig } from "../config.ts";
import { type Store, openStore } from "../store/database.ts";
import { startEmbeddedPostgres } from "../store/embedded-postgres.ts";
import { migrate } from "../store/migrate.ts";
import type { ServerContext } from "./context.ts";

/** Does something with the server's database, whether a server is running or not. */
export async function withStore<T>(context: ServerContext, use: (store: Store) => Promise<T>): Promise<T> {
  const config = readConfig(context.variables);
  await using stack = new AsyncDisposableStack();
  const url =
    config.postgresUrl ??
    stack.use(
      await startEmbeddedPostgres({ home: config.home, path: context.variables["PATH"], signal: context.signal }),
    ).url;
  const store = stack.use(await openStore(url));
  await migrate(store.pool);
  return await use(store);
}
