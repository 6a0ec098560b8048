/** A server as a process of its own, with simulated machines, that a test can kill. Its options are the first argument. */
import { systemClock } from "@cilo/base";
import { pino } from "pino";
import * as z from "zod";
import { readConfig } from "../config.ts";
import { createFakeProvider } from "../providers/fake.ts";
import { startServer } from "../server.ts";

const Options = z.object({ databaseUrl: z.string(), home: z.string(), machinesUrl: z.string() });

const { databaseUrl, home, machinesUrl } = Options.parse(JSON.parse(process.argv[2] ?? ""));
const server = await startServer({
  config: readConfig({ CILO_LISTEN: "127.0.0.1:0", CILO_SERVER_HOME: home }),
  databaseUrl,
  version: "0.1.0",
  clock: systemClock,
  log: pino({ level: "silent" }),
  provider: createFakeProvider(),
  bundle: async () => await Promise.resolve({ version: "0.1.0", archive: "/nonexistent", sha256: "" }),
  agentUrl: (machine) => `${machinesUrl}/${machine.id}`,
  requestsPerMinute: 1_000_000,
});
process.stdout.write(`${server.url}\n`);
