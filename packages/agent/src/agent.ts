import { CiloError, delay } from "@cilo/base";
import { AGENT_PORT, type EnvironmentId, RSYNC_PORT, createVerifier } from "@cilo/api";
import { AgentCode } from "./errors.ts";
import { type Machine, type MachineParts, openMachine } from "./machine.ts";
import { type App, createApp } from "./routes/app.ts";
import { createHandlers } from "./routes/handlers.ts";
import { isIn } from "./network/service-addresses.ts";

export interface RunningAgent {
  /** Ends everything but environments, tunnel and firewall, which go on without the agent. */
  stop(): Promise<void>;
}

const RECONCILE_MS = 15_000;

/**
 * Starts the agent: the interface, the firewall, the HTTP side on the tunnel's address, then every environment that
 * should run. It answers from the moment this resolves.
 *
 * @throws CiloError `AGENT_NOT_ON_TUNNEL` when the address is not the interface's own
 */
export async function startAgent(parts: MachineParts): Promise<RunningAgent> {
  const { config, log, clock } = parts;
  if (!isIn(config.pools.devices, config.address)) throw notOnTunnel(config.address);
  const stopping = new AbortController();
  const signal = AbortSignal.any([parts.signal, stopping.signal]);
  const machine = await openMachine({ ...parts, signal });
  await requireTunnelAddress({ ...parts, signal });
  await machine.peers.reconcile(signal);
  await machine.refresh();
  const verifier = await createVerifier({ publicKey: config.credentialKey, machineId: config.machineId });
  const app: App = createApp({
    log,
    handlers: createHandlers({ machine, runtime: parts.runtime, cut: (address) => app.cut(address) }),
    access: {
      verifier,
      now: () => clock.now(),
      isServer: (address) => machine.peers.isServer(address),
      mayUse: (address, environmentId) => mayUse(machine, address, environmentId),
    },
  });
  await app.server.listen({ host: config.address, port: AGENT_PORT });
  log.info("agent serves", { address: config.address, port: AGENT_PORT, rsyncPort: RSYNC_PORT });
  const loops = [parts.rsync.supervise(signal), keepReconciling({ machine, app, parts, signal }), machine.resume()].map(
    (loop) => loop.catch((error: unknown) => tell(parts, signal, error)),
  );
  return {
    async stop() {
      stopping.abort();
      await app.server.close();
      await machine.stop();
      await Promise.all(loops);
      log.info("agent stopped");
    },
  };
}

function mayUse(machine: Machine, address: string, environmentId: EnvironmentId): boolean {
  return machine.peers.devicesOf(environmentId).includes(address);
}

async function requireTunnelAddress({ config, tunnel, tunnelName, signal }: MachineParts): Promise<void> {
  const addresses = (await tunnel.status(tunnelName, signal))?.addresses ?? [];
  if (!addresses.some((one) => one.split("/")[0] === config.address)) throw notOnTunnel(config.address);
}

function notOnTunnel(address: string): CiloError {
  return new CiloError(
    AgentCode.notOnTunnel,
    `${address} is not the tunnel's address, and the agent serves nowhere else`,
    {
      hint: "Register the machine again",
    },
  );
}

async function keepReconciling(at: {
  readonly machine: Machine;
  readonly app: App;
  readonly parts: MachineParts;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { machine, app, parts, signal } = at;
  while (!signal.aborted) {
    await delay(RECONCILE_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      for (const address of await machine.reconcile()) app.cut(address);
    } catch (error) {
      tell(parts, signal, error);
    }
  }
}

function tell({ log }: MachineParts, signal: AbortSignal, error: unknown): void {
  if (!signal.aborted) log.error("a loop failed", { err: error instanceof Error ? error : new Error(String(error)) });
}
