import { mkdir, readFile, rmdir, statfs } from "node:fs/promises";
import { cpus, freemem, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { CiloError, type Clock, poll } from "@cilo/base";
import {
  AGENT_PORT,
  type AgentConfig,
  type AgentEnvironment,
  type AgentHealth,
  EnvironmentId,
  RSYNC_PORT,
  type SyncAccess,
} from "@cilo/api";
import type { Addresses, Runtime } from "@cilo/engine";
import type { Tunnel, TunnelName, WireGuardSecret } from "@cilo/network";
import { type Environment, isoTime, openEnvironment } from "./environments/environment.ts";
import { createEvents, type Events } from "./environments/events.ts";
import { EnvironmentRecord } from "./environments/record.ts";
import { createMeter } from "./engine/meter.ts";
import { AgentCode } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Firewall } from "./network/firewall.ts";
import type { Gateway } from "./network/ruleset.ts";
import { isIn } from "./network/service-addresses.ts";
import { type Peers, openPeers } from "./peers/peers.ts";
import { createSerial } from "./serial.ts";
import { type Places, openRecords } from "./state.ts";
import { type RsyncDaemon, type SyncModule, syncPassword } from "./sync/rsync-daemon.ts";
import { version } from "./version.ts";

export interface MachineParts {
  readonly config: AgentConfig;
  readonly places: Places;
  readonly privateKey: WireGuardSecret;
  readonly tunnel: Tunnel;
  readonly tunnelName: TunnelName;
  readonly firewall: Firewall;
  readonly rsync: RsyncDaemon;
  readonly runtime: Runtime;
  readonly addresses: Addresses;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Aborts when the agent stops. */
  readonly signal: AbortSignal;
}

/** Everything that an agent looks after. */
export interface Machine {
  readonly peers: Peers;
  readonly events: Events;
  /** @throws CiloError `ENVIRONMENT_NOT_FOUND` */
  environment(id: EnvironmentId): Environment;
  has(id: EnvironmentId): boolean;
  /** The environment, made if it is not there. */
  ensure(id: EnvironmentId, block: string): Promise<Environment>;
  openSync(id: EnvironmentId): Promise<SyncAccess>;
  /** Counts as use. */
  touch(id: EnvironmentId): Promise<void>;
  health(signal: AbortSignal): Promise<AgentHealth>;
  describe(id: EnvironmentId, signal: AbortSignal): Promise<AgentEnvironment>;
  /** Makes firewall and rsync follow. */
  refresh(): Promise<void>;
  /** What is to be done again and again: leases, counters, whatever somebody else undid. @returns addresses that lost their right */
  reconcile(): Promise<string[]>;
  /** After a start: goes on with everything that was there. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a way in for rsync stays open. */
const SYNC_MS = 3_600_000;

/** The state of the machine, from its records; the interface is up when it resolves. */
export async function openMachine(parts: MachineParts): Promise<Machine> {
  const { config, places, clock, log, signal, tunnel, tunnelName, firewall, rsync } = parts;
  const onBroken = (name: string, err: Error): void => log.error("record cannot be read", { name, err });
  await raiseTunnel(parts);
  const peers = await openPeers({
    folder: places.peers,
    tunnel,
    name: tunnelName,
    servers: config.servers,
    now: () => clock.now(),
    onBroken,
  });
  const store = openRecords(places.environments, {
    schema: EnvironmentRecord,
    fileOf: (id) => join(id, "record.json"),
  });
  const events = createEvents();
  const meter = createMeter(parts.runtime);
  const environments = new Map<string, Environment>();
  const serial = createSerial();
  let isDirty = false;

  const gateway = (): Gateway => ({
    tunnel: tunnelName,
    address: config.address,
    ports: [AGENT_PORT, RSYNC_PORT],
    servicePool: config.pools.services,
    devicePool: config.pools.devices,
    containerPool: config.pools.containers,
    environments: [...environments.values()].map((one) => ({
      ...one.gateway(),
      devices: peers.devicesOf(one.record().environmentId),
    })),
  });

  /** What comes while one is under way is in the next: each looks at everything when it begins. */
  const refresh = async (): Promise<void> => {
    isDirty = true;
    await serial(async () => {
      if (!isDirty) return;
      isDirty = false;
      await rsync.serve(syncModules());
      await firewall.apply(gateway(), signal);
    });
  };

  const syncModules = (): SyncModule[] =>
    [...environments.values()].flatMap((one) => {
      const { environmentId, sync } = one.record();
      if (sync === undefined || Date.parse(sync.expiresAt) <= clock.now() || !one.isOpenForSync()) return [];
      const workspace = one.workspace();
      return [
        {
          id: environmentId,
          files: join(places.environments, environmentId, "files"),
          ...(workspace === undefined ? {} : { workspace }),
          password: sync.password,
          devices: peers.devicesOf(environmentId),
        },
      ];
    });

  const open = (record: EnvironmentRecord): Environment => {
    const { environmentId } = record;
    const environment = openEnvironment(record, {
      ...parts,
      folder: join(places.environments, environmentId),
      pins: join(places.pins, environmentId),
      save: (changed) => store.write(environmentId, changed),
      gone: async () => {
        environments.delete(environmentId);
        await peers.removeEnvironment(environmentId, signal);
        await refresh();
        await store.remove(environmentId);
        await rmdir(join(places.environments, environmentId));
      },
      refresh,
      use: (containerId) => meter.use(containerId),
      endSessions: (folder, until) => rsync.endSessions(folder, until),
      emit: (event) => events.emit({ ...event, environmentId, time: isoTime(clock.now()) }),
    });
    environments.set(environmentId, environment);
    return environment;
  };
  for (const record of await store.readAll(onBroken)) open(record);

  const environmentOf = (id: EnvironmentId): Environment => {
    const environment = environments.get(id);
    if (environment !== undefined) return environment;
    throw new CiloError(AgentCode.environmentNotFound, "there is no such environment on this machine");
  };

  const touch = async (id: EnvironmentId): Promise<void> => {
    await environments.get(id)?.change({ lastActive: isoTime(clock.now()) });
  };

  const countUse = async (): Promise<void> => {
    for (const [id, bytes] of await firewall.usage(signal)) {
      const environment = environments.get(id);
      if (environment === undefined || bytes === 0) continue;
      const { payloadBytes } = environment.record();
      await environment.change({ payloadBytes: payloadBytes + bytes, lastActive: isoTime(clock.now()) });
    }
  };

  const describe = async (id: EnvironmentId, until: AbortSignal): Promise<AgentEnvironment> => {
    const environment = environments.get(id);
    if (environment !== undefined) return await environment.describe(until);
    const activity = { lastActive: isoTime(clock.now()), payloadBytes: 0 };
    return { environmentId: id, state: "absent", services: [], activity };
  };

  return {
    peers,
    events,
    environment: environmentOf,
    has: (id) => environments.has(id),
    async ensure(id, block) {
      const there = environments.get(id);
      if (there !== undefined) return there;
      if (!isIn(config.pools.services, block.split("/")[0] ?? ""))
        throw new CiloError(AgentCode.requestInvalid, `${block} is not of the pool of service addresses`);
      const environment = open({
        environmentId: id,
        block,
        desired: "prepared",
        addresses: {},
        lastActive: isoTime(clock.now()),
        payloadBytes: 0,
      });
      await environment.prepare();
      return environment;
    },
    async openSync(id) {
      const environment = environmentOf(id);
      const what = "the machine to take the files that came before";
      await poll(() => environment.isOpenForSync(), { signal, timeoutMs: 60_000, intervalMs: 50, what });
      const { sync } = environment.record();
      const isFresh = sync !== undefined && Date.parse(sync.expiresAt) > clock.now();
      const password = isFresh ? sync.password : syncPassword();
      const expiresAt = isoTime(clock.now() + SYNC_MS);
      await environment.change({ sync: { password, expiresAt }, lastActive: isoTime(clock.now()) });
      await refresh();
      const url = `rsync://${config.address}:${RSYNC_PORT}/${id}`;
      const workspaceUrl = environment.workspace() === undefined ? {} : { workspaceUrl: `${url}-workspace/` };
      return { url: `${url}/`, ...workspaceUrl, user: id, password, expiresAt };
    },
    touch,
    describe,
    async health(until) {
      const described = await Promise.all([...environments.values()].map((one) => one.describe(until)));
      return {
        machineId: config.machineId,
        version,
        time: isoTime(clock.now()),
        engine: await engineHealth(parts, until),
        resources: await resources(places.root),
        peers: peers.count(),
        environments: described.map((one) => ({ ...one, operation: undefined })),
      };
    },
    refresh,
    async reconcile() {
      await raiseTunnel(parts);
      const lost = await peers.reconcile(signal);
      await countUse();
      await refresh();
      await meter.sample(signal);
      return lost;
    },
    async resume() {
      await peers.reconcile(signal);
      await refresh();
      await Promise.all(
        [...environments.values()].map((one) =>
          one.resume().catch((error: unknown) => {
            if (signal.aborted) return;
            const err = error instanceof Error ? error : new Error(String(error));
            log.error("environment cannot go on", { environment: one.record().environmentId, err });
          }),
        ),
      );
    },
    async stop() {
      await Promise.all([...environments.values()].map((one) => one.stop()));
    },
  };
}

async function raiseTunnel({ config, privateKey, tunnel, tunnelName, signal }: MachineParts): Promise<void> {
  await tunnel.up(
    { name: tunnelName, privateKey, listenPort: config.listenPort, addresses: [`${config.address}/32`] },
    signal,
  );
  await tunnel.setRoutes(tunnelName, [config.pools.devices], signal);
}

async function engineHealth({ runtime }: MachineParts, signal: AbortSignal): Promise<AgentHealth["engine"]> {
  const name = runtime.name === "podman" ? "podman" : "docker";
  try {
    const { engineVersion } = await runtime.inspect({ signal });
    return { name, version: engineVersion, isReachable: true };
  } catch (error) {
    if (!(error instanceof CiloError)) throw error;
    return { name, version: "", isReachable: false, reason: error.message };
  }
}

async function resources(folder: string): Promise<AgentHealth["resources"]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  const mb = (bytes: number): number => Math.round(bytes / 1_048_576);
  return {
    memoryTotalMb: mb(totalmem()),
    memoryFreeMb: mb((await availableMemory()) ?? freemem()),
    diskFreeMb: mb(bavail * bsize),
    cpus: cpus().length,
    load: loadavg()[0] ?? 0,
  };
}

/** What can be had without swapping, caches counted. */
async function availableMemory(): Promise<number | undefined> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kb = /^MemAvailable:\s+(\d+) kB$/mu.exec(text)?.[1];
  return kb === undefined ? undefined : Number(kb) * 1024;
}
