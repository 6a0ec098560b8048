import {
  type CreateEnvironmentRequest,
  type CreatedEnvironment,
  type Environment,
  type EnvironmentId,
  RSYNC_PORT,
  WireGuardKey,
} from "@cilo/api";
import { CiloError } from "@cilo/base";
import { sql } from "kysely";
import { takeBlock } from "../addresses/allocate.ts";
import { parseCidr } from "@cilo/network";
import { type Asking, audit } from "../audit.ts";
import { newId } from "../ids.ts";
import { agentUrl } from "../machines/agent-calls.ts";
import type { Parts } from "../parts.ts";
import { announce } from "../store/changes.ts";
import { type Queries, violates } from "../store/database.ts";
import { pageOfRows, readCursor, DEFAULT_PAGE } from "../store/cursor.ts";
import type { OperationKind } from "../store/tables.ts";
import { environmentAnswer, selectEnvironments } from "./answer.ts";
import { type Assigned, assignMachine } from "./assign.ts";
import { type EnvironmentRow, environmentFor, noEnvironment, withinReach } from "./reach.ts";
import type { EnvironmentStatus } from "@cilo/api";

const DEFAULT_MEMORY_MB = 1024;
const DEFAULT_CPUS = 1;
const HOUR_MS = 3_600_000;

export type EnvironmentService = ReturnType<typeof createEnvironmentService>;

/** Environments as the API sees them. What takes long is left to jobs; each change is one transaction. */
export function createEnvironmentService(parts: Parts) {
  const { db, clock, limits } = parts;
  const now = (): Date => new Date(clock.now());
  const read = async (queries: Queries, id: EnvironmentId): Promise<Environment> =>
    environmentAnswer(await selectEnvironments(queries).where("id", "=", id).executeTakeFirstOrThrow(), limits);
  const change = async (
    wanted: Wanted,
    apply: (row: EnvironmentRow, queries: Queries) => Promise<void>,
  ): Promise<Environment> =>
    await db.transaction().execute(async (queries) => {
      const row = await environmentFor(queries, { id: wanted.id, caller: wanted.by.caller, isLocked: true });
      await apply(row, queries);
      return await read(queries, wanted.id);
    });

  return {
    create: async (request: CreateEnvironmentRequest, by: Asking): Promise<CreatedEnvironment> => {
      try {
        return await db.transaction().execute(async (queries) => await create({ parts, queries, by }, request));
      } catch (error) {
        if (!violates(error, "environments_by_name")) throw error;
        throw new CiloError("ENVIRONMENT_EXISTS", `the team has an environment called ${request.name} already`, {
          cause: error,
          hint: `Take another name, or destroy it: cilo cloud destroy ${request.name}`,
        });
      }
    },

    list: async (query: ListQuery, by: Asking) => {
      const { caller } = by;
      const limit = query.limit ?? DEFAULT_PAGE;
      const cursor = readCursor(query.cursor);
      const rows = await selectEnvironments(db)
        .where("teamId", "=", caller.teamId)
        .where((is) => (query.status === undefined ? is("status", "<>", "destroyed") : is("status", "=", query.status)))
        .$if(caller.scope === "ci", (own) => own.where("keyId", "=", caller.keyId))
        .$if(query.name !== undefined, (named) => named.where("name", "=", query.name ?? ""))
        .$if(query.project !== undefined, (named) => named.where("project", "=", query.project ?? ""))
        .$if(cursor !== undefined, (rest) =>
          rest.where(
            sql<boolean>`(environments.created_at, environments.id) < (${cursor?.createdAt ?? null}, ${cursor?.id ?? null})`,
          ),
        )
        .orderBy("createdAt", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      const page = pageOfRows(rows, limit);
      return { items: page.rows.map((row) => environmentAnswer(row, limits)), nextCursor: page.nextCursor };
    },

    get: async ({ id, by: { caller } }: Wanted): Promise<Environment> => {
      const row = await withinReach(selectEnvironments(db), { id, caller }).executeTakeFirst();
      if (row === undefined) throw noEnvironment(id);
      return environmentAnswer(row, limits);
    },

    sync: async (wanted: Wanted & { readonly build: boolean }) =>
      await change(wanted, async (row, queries) => {
        if (row.status === "provisioning" || row.status === "destroying" || row.status === "destroyed")
          throw notNow(row, "be synced");
        await begin(
          { parts, queries, by: wanted.by },
          { row, operation: "up", status: "syncing", builds: wanted.build },
        );
      }),

    stop: async (wanted: Wanted) =>
      await change(wanted, async (row, queries) => {
        if (row.status === "stopped" || row.operation === "stop") return;
        if (row.status !== "running" && row.status !== "degraded") throw notNow(row, "be stopped");
        await begin({ parts, queries, by: wanted.by }, { row, operation: "stop" });
      }),

    start: async (wanted: Wanted) =>
      await change(wanted, async (row, queries) => {
        if (row.status === "running" || row.operation === "start") return;
        if (row.status !== "stopped") throw notNow(row, "be started");
        await begin({ parts, queries, by: wanted.by }, { row, operation: "start" });
      }),

    destroy: async (wanted: Wanted) =>
      await change(wanted, async (row, queries) => {
        if (row.status === "destroying" || row.status === "destroyed") return;
        await begin({ parts, queries, by: wanted.by }, { row, operation: "destroy", status: "destroying" });
      }),

    extend: async (wanted: Wanted & { readonly hours?: number | undefined; readonly keep?: boolean | undefined }) =>
      await change(wanted, async (row, queries) => {
        if (row.status === "destroying" || row.status === "destroyed") throw notNow(row, "be extended");
        const until = wanted.hours === undefined ? undefined : new Date(clock.now() + wanted.hours * HOUR_MS);
        await queries
          .updateTable("environments")
          .set({
            lastActive: now(),
            ...(wanted.keep === undefined ? {} : { keep: wanted.keep }),
            ...(until === undefined ? {} : { extendedUntil: until }),
            ...(until === undefined || row.ttlUntil === null ? {} : { ttlUntil: until }),
          })
          .where("id", "=", row.id)
          .execute();
        await audit(queries, { action: "environment.extend", target: row.id, at: now(), by: wanted.by });
      }),
  };
}

interface Wanted {
  readonly id: EnvironmentId;
  readonly by: Asking;
}

interface ListQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly status?: EnvironmentStatus | undefined;
  readonly name?: string | undefined;
  readonly project?: string | undefined;
}

interface Doing {
  readonly parts: Parts;
  readonly queries: Queries;
  readonly by: Asking;
}

async function create({ parts, queries, by }: Doing, request: CreateEnvironmentRequest): Promise<CreatedEnvironment> {
  const now = new Date(parts.clock.now());
  const id = newId.environment();
  const need = {
    exclusive: request.exclusive ?? false,
    memoryMb: request.memoryMb ?? DEFAULT_MEMORY_MB,
    cpus: request.cpus ?? DEFAULT_CPUS,
    machine: request.machine,
  };
  const machine = await assignMachine(queries, need);
  const avoid = (request.usedRoutes ?? [])
    .map(parseCidr)
    .filter((route) => route !== undefined)
    .filter((route) => route.prefix > 0);
  const block = await takeBlock(queries, { pool: parts.pools.services, environmentId: id, avoid, now });
  await queries
    .insertInto("environments")
    .values({
      id,
      teamId: by.caller.teamId,
      keyId: by.caller.keyId,
      name: request.name,
      project: request.project,
      format: request.format,
      projectPath: request.projectPath ?? null,
      machineId: machine.id,
      status: "provisioning",
      reason: null,
      statusSince: now,
      block,
      services: "[]",
      createdAt: now,
      createdBy: by.caller.name,
      source: request.source ?? "api",
      exclusive: need.exclusive,
      keep: request.keep ?? false,
      memoryMb: need.memoryMb,
      cpus: need.cpus,
      lastActive: now,
      payloadBytes: 0,
      ttlUntil: request.ttlHours === undefined ? null : new Date(now.getTime() + request.ttlHours * HOUR_MS),
      extendedUntil: null,
      operation: "prepare",
      operationId: newId.operation(),
      operationSince: now,
    })
    .execute();
  if (machine.status === "ready")
    await queries
      .updateTable("machines")
      .set({ status: "assigned", statusSince: now })
      .where("id", "=", machine.id)
      .execute();
  await audit(queries, { action: "environment.create", target: id, at: now, by });
  await parts.jobs.advance(queries, id);
  return { id, status: "provisioning", block, machine: accessOf(machine, id) };
}

function accessOf(machine: Assigned, id: EnvironmentId): CreatedEnvironment["machine"] {
  return {
    publicIp: machine.publicIp,
    wgEndpoint: machine.wgEndpoint,
    wgPublicKey: WireGuardKey.parse(machine.wgPublicKey),
    agentUrl: agentUrl(machine),
    rsyncUrl: `rsync://${machine.address}:${RSYNC_PORT}/${id}/`,
  };
}

/** Records the operation and what it makes of the state; a job does it. A former operation that is under way is given up. */
async function begin(
  { parts, queries, by }: Doing,
  {
    row,
    operation,
    status,
    builds = false,
  }: { row: EnvironmentRow; operation: OperationKind; status?: EnvironmentStatus; builds?: boolean },
): Promise<void> {
  const now = new Date(parts.clock.now());
  await queries
    .updateTable("environments")
    .set({
      operation,
      operationId: newId.operation(),
      operationSince: now,
      operationBuilds: builds,
      lastActive: now,
      ...(status === undefined ? {} : { status, statusSince: now, reason: null }),
    })
    .where("id", "=", row.id)
    .execute();
  await audit(queries, { action: `environment.${operation}`, target: row.id, at: now, by });
  await announce(queries, {
    kind: "environment",
    environmentId: row.id,
    message: `${operation} was asked for`,
    status: status ?? row.status,
  });
  await parts.jobs.advance(queries, row.id);
}

function notNow(row: EnvironmentRow, what: string): CiloError {
  return new CiloError("STATE_CONFLICT", `environment ${row.name} is ${row.status} and cannot ${what}`);
}
