import { type ServerHealth, type ServerRoutes, keyFromUrl, openApiDocument } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { sql } from "kysely";
import type { Asking } from "./audit.ts";
import type { KeyService } from "./auth/service.ts";
import type { EnvironmentService } from "./environments/service.ts";
import { streamEvents, streamLogs } from "./environments/streams.ts";
import type { Handlers } from "./http/handlers.ts";
import type { MachineService } from "./machines/service.ts";
import type { Parts } from "./parts.ts";
import type { Driver } from "./reconcilers/driver.ts";
import { readStatus } from "./status.ts";
import type { Changes } from "./store/changes.ts";
import type { WireGuardService } from "./wireguard/service.ts";

export interface HandlerParts {
  readonly parts: Parts;
  readonly keys: KeyService;
  readonly environments: EnvironmentService;
  readonly machines: MachineService;
  readonly wireguard: WireGuardService;
  readonly changes: Changes;
  readonly driver: Driver;
  readonly serverId: string;
  readonly version: string;
  readonly troubles: () => Awaited<ReturnType<typeof readStatus>>["troubles"];
}

/** What each route of the contract does. */
export function createHandlers(services: HandlerParts): Handlers<ServerRoutes> {
  const { parts, keys, environments, machines, wireguard, changes } = services;
  const document = openApiDocument(services.version);
  const by = ({ caller, requestId }: Asking): Asking => ({ caller, requestId });
  return {
    createKey: async (request) => await keys.create(request.body, by(request)),
    listKeys: async (request) => await keys.list(request.query, by(request)),
    getKey: async (request) => await keys.get(request.params.id, by(request)),
    revokeKey: async (request) => {
      await keys.revoke(request.params.id, by(request));
      return undefined;
    },

    createEnvironment: async (request) => {
      const created = await environments.create(request.body, by(request));
      parts.metrics.created.inc();
      return created;
    },
    listEnvironments: async (request) => await environments.list(request.query, by(request)),
    getEnvironment: async (request) => await environments.get({ id: request.params.id, by: by(request) }),
    destroyEnvironment: async (request) => await environments.destroy({ id: request.params.id, by: by(request) }),
    syncEnvironment: async (request) =>
      await environments.sync({ id: request.params.id, by: by(request), build: request.query.build ?? false }),
    stopEnvironment: async (request) => await environments.stop({ id: request.params.id, by: by(request) }),
    startEnvironment: async (request) => await environments.start({ id: request.params.id, by: by(request) }),
    extendEnvironment: async (request) =>
      await environments.extend({ id: request.params.id, by: by(request), ...request.body }),
    environmentLogs: async (request) =>
      await streamLogs(parts, { id: request.params.id, by: by(request), signal: request.signal }, request.query),
    environmentEvents: async (request) =>
      await streamEvents(parts, { id: request.params.id, by: by(request), signal: request.signal }, changes),

    exchangeKeys: async (request) => await wireguard.exchange(request.body, by(request), request.signal),
    removePeer: async (request) => {
      const key = keyFromUrl(request.params.key);
      await wireguard.remove({ key, environmentId: request.query.environmentId }, by(request));
      return undefined;
    },
    tunnelStatus: async (request) => await wireguard.status(request.params.id, by(request), request.signal),

    addMachine: async (request) => await machines.add(request.body, by(request)),
    listMachines: async (request) => await machines.list(request.query),
    getMachine: async (request) => await machines.get(request.params.id),
    removeMachine: async (request) =>
      await machines.remove({ id: request.params.id, force: request.query.force ?? false, by: by(request) }),

    serverStatus: async (request) =>
      await readStatus(parts, {
        caller: request.caller,
        serverId: services.serverId,
        version: services.version,
        lastRuns: services.driver.lastRuns(),
        troubles: services.troubles(),
      }),
    serverHealth: async () => await readHealth(parts),
    openApi: async () => await Promise.resolve(document),
    metrics: async () => await readMetrics(parts),
  };
}

async function readHealth({ db }: Parts): Promise<ServerHealth> {
  try {
    await sql`select 1`.execute(db);
    return { live: true, ready: true, checks: { database: { ok: true } } };
  } catch (cause) {
    throw new CiloError("NOT_READY", "the server is live, but its database does not answer", {
      cause,
      hint: "Try again in a moment",
    });
  }
}

async function readMetrics({ db, metrics, clock }: Parts): Promise<string> {
  const machines = await db
    .selectFrom("machines")
    .select(({ fn }) => ["status", fn.countAll<string>().as("count")])
    .groupBy("status")
    .execute();
  const environments = await db
    .selectFrom("environments")
    .select(({ fn }) => ["status", "format", fn.countAll<string>().as("count")])
    .groupBy(["status", "format"])
    .execute();
  const peers = await db
    .selectFrom("peers")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("removedAt", "is", null)
    .where("leaseUntil", ">", new Date(clock.now()))
    .executeTakeFirstOrThrow();
  metrics.machines.reset();
  for (const { status, count } of machines) metrics.machines.set({ status }, Number(count));
  metrics.environments.reset();
  for (const { status, format, count } of environments) metrics.environments.set({ status, format }, Number(count));
  metrics.tunnels.set(Number(peers.count));
  return await metrics.registry.metrics();
}
