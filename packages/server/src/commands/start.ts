import { mkdir } from "node:fs/promises";
import { systemClock } from "@cilo/base";
import { createWgTools } from "@cilo/network";
import { pino } from "pino";
import { readConfig } from "../config.ts";
import { createAgentBundle } from "../providers/agent-bundle.ts";
import { createProvider } from "../providers/registry.ts";
import { startServer } from "../server.ts";
import { startEmbeddedPostgres } from "../store/embedded-postgres.ts";
import { version } from "../version.ts";
import { serverCommand } from "./command.ts";

export const startCommand = serverCommand({
  brief: "Start the server. Configured by environment variables: docs/OPERATIONS.md",
  parameters: { flags: {} },
  act: async (context) => {
    const { variables, signal } = context;
    const config = readConfig(variables);
    const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
    await using stack = new AsyncDisposableStack();
    await mkdir(config.home, { recursive: true });
    const databaseUrl =
      config.postgresUrl ??
      stack.use(await startEmbeddedPostgres({ home: config.home, path: variables["PATH"], signal })).url;
    const server = stack.use(
      await startServer({
        config,
        databaseUrl,
        version,
        clock: systemClock,
        log,
        provider: createProvider({ variables }),
        bundle: createAgentBundle({ home: config.home, path: variables["PATH"], signal }),
        tunnel: createWgTools({ env: variables }),
      }),
    );
    context.stdout(`cilo-server ${version} at ${server.url}\n`);
    if (server.firstKey !== undefined)
      context.stdout(`First key of the team "default", shown once (admin):\n${server.firstKey}\n`);
    await ended(signal);
    log.info("stopping");
  },
});

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
