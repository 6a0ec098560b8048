import { type AddMachineRequest, type Machine, type MachineId, WireGuardKey } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { type Selectable, sql } from "kysely";
import { takeAddress } from "../addresses/allocate.ts";
import { type Asking, audit } from "../audit.ts";
import { newId } from "../ids.ts";
import type { Parts } from "../parts.ts";
import { DEFAULT_PAGE, pageOfRows, readCursor } from "../store/cursor.ts";
import { type Queries, violates } from "../store/database.ts";
import type { Tables } from "../store/tables.ts";

export type MachineRow = Selectable<Tables["machines"]>;
export type MachineService = ReturnType<typeof createMachineService>;

/** Who asks for a change: a caller of the API, or whoever runs `cilo-server machines` on the server's host. */
export type By = Asking | "host";

const DEFAULT_ENVIRONMENTS = 10;
const WIREGUARD_PORT = 51_820;

/** Machines are the server's: every team's environments share them, and every admin may add and remove them. */
export function createMachineService(parts: Pick<Parts, "db" | "clock" | "jobs" | "pools">) {
  const { db, clock } = parts;
  const now = (): Date => new Date(clock.now());
  return {
    add: async (request: AddMachineRequest, by: By): Promise<Machine> => {
      try {
        return await db.transaction().execute(async (queries) => {
          const id = newId.machine();
          const address = await takeAddress(queries, { pool: parts.pools.devices, owner: id, now: now() });
          await queries
            .insertInto("machines")
            .values(rowOf(request, { id, address, now: now() }))
            .execute();
          await audited(queries, { action: "machine.add", id, by, at: now() });
          await parts.jobs.advanceMachine(queries, id);
          return await read(queries, id);
        });
      } catch (error) {
        if (!violates(error, "machines_name_key") && !violates(error, "machines_by_provider")) throw error;
        throw new CiloError(
          "MACHINE_EXISTS",
          `a machine called ${request.name}, or with its SSH address, is there already`,
          {
            cause: error,
            hint: "List them: cilo-server machines list",
          },
        );
      }
    },

    list: async (query: { limit?: number | undefined; cursor?: string | undefined }) => {
      const limit = query.limit ?? DEFAULT_PAGE;
      const cursor = readCursor(query.cursor);
      const rows = await selectMachines(db)
        .$if(cursor !== undefined, (rest) =>
          rest.where(
            sql<boolean>`(machines.created_at, machines.id) < (${cursor?.createdAt ?? null}, ${cursor?.id ?? null})`,
          ),
        )
        .orderBy("createdAt", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      const page = pageOfRows(rows, limit);
      return { items: page.rows.map(machineAnswer), nextCursor: page.nextCursor };
    },

    get: async (id: MachineId): Promise<Machine> => await read(db, id),

    /** Its environments are destroyed first when `force` is set. The row goes when the last trace on the machine has. */
    remove: async (wanted: { readonly id: MachineId; readonly force: boolean; readonly by: By }): Promise<Machine> =>
      await db.transaction().execute(async (queries) => {
        const { id, force, by } = wanted;
        // Environments before the machine, in the order in which they leave it.
        await queries
          .selectFrom("environments")
          .select("id")
          .where("machineId", "=", id)
          .where("status", "<>", "destroyed")
          .orderBy("id")
          .forUpdate()
          .execute();
        const row = await queries
          .selectFrom("machines")
          .select(["name", "status"])
          .where("id", "=", id)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined) throw noMachine(id);
        if (row.status === "destroying") return await read(queries, id);
        const carried = await queries
          .selectFrom("environments")
          .select("id")
          .where("machineId", "=", id)
          .where("status", "<>", "destroyed")
          .execute();
        if (carried.length > 0 && !force)
          throw new CiloError("MACHINE_IN_USE", `machine ${row.name} carries ${carried.length} environments`, {
            hint: "Destroy them first, or remove it with --force",
          });
        await queries
          .updateTable("machines")
          .set({ status: "destroying", statusSince: now(), reason: null })
          .where("id", "=", id)
          .execute();
        await audited(queries, { action: "machine.remove", id, by, at: now() });
        for (const { id: environment } of carried) {
          await queries
            .updateTable("environments")
            .set({
              status: "destroying",
              statusSince: now(),
              operation: "destroy",
              operationId: newId.operation(),
              operationSince: now(),
            })
            .where("id", "=", environment)
            .where("status", "<>", "destroying")
            .execute();
          await parts.jobs.advance(queries, environment);
        }
        await parts.jobs.advanceMachine(queries, id);
        return await read(queries, id);
      }),
  };
}

function rowOf(request: AddMachineRequest, { id, address, now }: { id: MachineId; address: string; now: Date }) {
  const sshPort = request.sshPort ?? 22;
  return {
    id,
    name: request.name,
    providerId: `${request.host}:${sshPort}`,
    providerType: "manual",
    status: "registering",
    reason: "waiting to be installed",
    statusSince: now,
    publicIp: request.host,
    wgPublicKey: null,
    wgEndpoint:
      request.endpoint ?? `${request.host.includes(":") ? `[${request.host}]` : request.host}:${WIREGUARD_PORT}`,
    address,
    sshHost: request.host,
    sshUser: request.sshUser,
    sshPort,
    sshKey: request.sshKey ?? null,
    hostKey: null,
    expectedHostKey: request.hostKey ?? null,
    engine: request.engine ?? null,
    region: request.region ?? null,
    size: null,
    capacityEnvironments: request.capacity?.environments ?? DEFAULT_ENVIRONMENTS,
    capacityMemoryMb: request.capacity?.memoryMb ?? null,
    capacityCpus: request.capacity?.cpus ?? null,
    allowPrivileged: request.allowPrivileged ?? false,
    firewall: request.firewall ?? false,
    agentVersion: null,
    lastSeen: null,
    createdAt: now,
  } as const;
}

async function audited(db: Queries, event: { action: string; id: MachineId; by: By; at: Date }): Promise<void> {
  const { action, id, by, at } = event;
  if (by !== "host") return await audit(db, { action, target: id, at, by });
  await db
    .insertInto("auditEvents")
    .values({ at, teamId: null, actor: "cilo-server", keyId: null, action, target: id, requestId: null })
    .execute();
}

function selectMachines(db: Queries) {
  return db
    .selectFrom("machines")
    .selectAll("machines")
    .select(
      sql<number>`(select count(*)::integer from environments e where e.machine_id = machines.id and e.status <> 'destroyed')`.as(
        "carried",
      ),
    );
}

async function read(db: Queries, id: MachineId): Promise<Machine> {
  const row = await selectMachines(db).where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw noMachine(id);
  return machineAnswer(row);
}

function noMachine(id: MachineId): CiloError {
  return new CiloError("MACHINE_NOT_FOUND", `there is no machine ${id}`, {
    hint: "List them: cilo cloud machines list",
  });
}

function machineAnswer(row: MachineRow & { readonly carried: number }): Machine {
  return {
    id: row.id,
    name: row.name,
    providerId: row.providerId,
    providerType: row.providerType,
    publicIp: row.publicIp,
    wgPublicKey: row.wgPublicKey === null ? null : WireGuardKey.parse(row.wgPublicKey),
    wgEndpoint: row.wgEndpoint,
    status: row.status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    sshHost: row.sshHost,
    sshUser: row.sshUser,
    sshPort: row.sshPort,
    engine: row.engine,
    region: row.region,
    size: row.size,
    capacity: {
      environments: row.capacityEnvironments,
      memoryMb: row.capacityMemoryMb ?? 1,
      cpus: row.capacityCpus ?? 1,
    },
    environments: row.carried,
    createdAt: row.createdAt.toISOString(),
  };
}
