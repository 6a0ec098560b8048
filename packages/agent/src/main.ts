import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { CiloError, systemClock } from "@cilo/base";
import { AgentConfig, RSYNC_PORT } from "@cilo/api";
import { createDockerRuntime } from "@cilo/engine";
import { createAddresses, createWgTools, isTunnelName, readHostRoutes } from "@cilo/network";
import * as z from "zod";
import { startAgent } from "./agent.ts";
import { AgentCode } from "./errors.ts";
import { machineKeys } from "./keys.ts";
import { createLog } from "./log.ts";
import type { MachineParts } from "./machine.ts";
import { createFirewall } from "./network/firewall.ts";
import { removeTraces } from "./remove.ts";
import { placesIn } from "./state.ts";
import { createRsyncDaemon } from "./sync/rsync-daemon.ts";
import { version } from "./version.ts";

const USAGE = `cilo-agent ${version} — runs Cilo environments on this machine

  cilo-agent [run] [--config FILE]    serve, on the WireGuard address of the configuration alone
  cilo-agent public-key               print the machine's WireGuard public key; makes the key on first use
  cilo-agent remove [--config FILE]   destroy every environment and take interface, firewall and files away
  cilo-agent --version

  --config FILE       default /etc/cilo-agent/config.json
  --state DIR         default /var/lib/cilo-agent
  --run DIR           default /run/cilo-agent
  --interface NAME    default cilo800; cilo0 to cilo999
`;

const log = createLog(
  (line) => void process.stderr.write(line),
  () => Date.now(),
);

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: "string", default: "/etc/cilo-agent/config.json" },
      state: { type: "string", default: "/var/lib/cilo-agent" },
      run: { type: "string", default: "/run/cilo-agent" },
      interface: { type: "string", default: "cilo800" },
      version: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
    },
  });
  if (values.version) return say(version);
  if (values.help) return say(USAGE.trimEnd());
  const places = placesIn(values.state, values.run);
  switch (positionals[0] ?? "run") {
    case "public-key":
      return say((await machineKeys(places.privateKey)).publicKey);
    case "run": {
      const stop = new AbortController();
      for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
      const agent = await startAgent(await partsOf(values, new AbortController().signal));
      await new Promise<void>((resolve) => {
        if (stop.signal.aborted) resolve();
        stop.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await agent.stop();
      return 0;
    }
    case "remove":
      await removeTraces(await partsOf(values, AbortSignal.timeout(600_000)));
      return 0;
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

async function partsOf(
  values: { readonly config: string; readonly state: string; readonly run: string; readonly interface: string },
  signal: AbortSignal,
): Promise<MachineParts> {
  const config = await readConfig(values.config);
  if (!isTunnelName(values.interface))
    throw new CiloError(AgentCode.configInvalid, `${values.interface} is no name of an interface of ours`);
  const places = placesIn(values.state, values.run);
  const { PATH, DOCKER_HOST } = process.env;
  const env = { PATH: `${PATH ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`, DOCKER_HOST };
  const { privateKey } = await machineKeys(places.privateKey);
  return {
    config,
    places,
    privateKey,
    tunnel: createWgTools({ env }),
    tunnelName: values.interface,
    firewall: createFirewall({ tunnel: values.interface, env }),
    rsync: createRsyncDaemon({ folder: places.rsync, address: config.address, port: RSYNC_PORT, env, log }),
    runtime: createDockerRuntime({ env }),
    addresses: createAddresses({
      blocksDir: places.blocks,
      basePool: config.pools.containers,
      hostRoutes: async (until) => await readHostRoutes({ env, platform: process.platform, signal: until }),
    }),
    clock: systemClock,
    env,
    log,
    signal,
  };
}

async function readConfig(path: string): Promise<AgentConfig> {
  try {
    return AgentConfig.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll("\n", "; ") : String(cause);
    throw new CiloError(AgentCode.configInvalid, `${path}: ${why}`, { cause, hint: "Register the machine again" });
  }
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  log.error("agent ended", { err: error instanceof Error ? error : new Error(String(error)) });
  if (error instanceof CiloError && error.hint !== undefined) process.stderr.write(`${error.hint}\n`);
  process.exitCode = 1;
}
