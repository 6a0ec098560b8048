import { EventEmitter } from "node:events";
import { delay } from "@cilo/base";
import pg from "pg";
import * as z from "zod";
import { EnvironmentId, KeyId } from "@cilo/api";
import type { Queries } from "./database.ts";
import { sql } from "kysely";

/** What servers on one database tell one another. */
const Change = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("key-revoked"), keyId: KeyId }),
  z.object({ kind: z.literal("environment"), environmentId: EnvironmentId, message: z.string(), status: z.string() }),
  z.object({ kind: z.literal("nudge"), reconciler: z.string() }),
]);
export type Change = z.infer<typeof Change>;

const CHANNEL = "cilo";

/** Tells every server, this one included, when the transaction is committed. */
export async function announce(db: Queries, change: Change): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(db);
}

export interface Changes extends AsyncDisposable {
  /** Calls `listener` for each change until disposed. */
  listen(listener: (change: Change) => void): Disposable;
  /** Called after the connection was lost and is there again: changes may have been missed. */
  onGap(listener: () => void): void;
}

/** Follows what servers announce on a connection of its own, and connects again when that breaks. */
export async function followChanges(url: string): Promise<Changes> {
  const emitter = new EventEmitter<{ change: [Change]; gap: [] }>().setMaxListeners(0);
  const stopping = new AbortController();
  let client = await connect(url, emitter);
  const loop = keepConnected();
  async function keepConnected(): Promise<void> {
    while (!stopping.signal.aborted) {
      await ended(client, stopping.signal);
      emitter.emit("gap");
      client = (await reconnect(url, { emitter, signal: stopping.signal })) ?? client;
    }
  }
  return {
    listen: (listener) => {
      emitter.on("change", listener);
      return { [Symbol.dispose]: () => void emitter.off("change", listener) };
    },
    onGap: (listener) => void emitter.on("gap", listener),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await client.end().catch(() => undefined);
      await loop;
    },
  };
}

type Emitter = EventEmitter<{ change: [Change]; gap: [] }>;

async function connect(url: string, emitter: Emitter): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true, application_name: "cilo-server changes" });
  client.on("error", () => void client.end().catch(() => undefined));
  client.on("notification", ({ payload }) => {
    const change = Change.safeParse(JSON.parse(payload ?? "null"));
    if (change.success) emitter.emit("change", change.data);
  });
  await client.connect();
  await client.query(`listen ${CHANNEL}`);
  return client;
}

async function reconnect(
  url: string,
  options: { emitter: Emitter; signal: AbortSignal },
): Promise<pg.Client | undefined> {
  for (let pauseMs = 100; !options.signal.aborted; pauseMs = Math.min(pauseMs * 2, 5000)) {
    try {
      const client = await connect(url, options.emitter);
      options.emitter.emit("gap");
      return client;
    } catch {
      await delay(pauseMs, options.signal).catch(() => undefined);
    }
  }
  return undefined;
}

async function ended(client: pg.Client, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    client.once("end", () => resolve());
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
