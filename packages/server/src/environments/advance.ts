import {
  type AgentClient,
  type AgentEnvironment,
  type EnvironmentId,
  type EnvironmentStatus,
  Service,
} from "@cilo/api";
import { CiloError, delay, isCiloError } from "@cilo/base";
import { freeBlock } from "../addresses/allocate.ts";
import { closeUsage, openUsage } from "../billing/usage.ts";
import type { Parts } from "../parts.ts";
import { announce } from "../store/changes.ts";
import type { Queries } from "../store/database.ts";
import { releaseMachine } from "../machines/release.ts";
import type { EnvironmentRow } from "./reach.ts";

/** One call of an agent answers within so long, or the machine counts as unreachable. */
const CALL_MS = 10_000;
/** An agent is asked to answer as soon as the operation ends, at the latest after so long. */
const WAIT_MS = 10_000;

/**
 * Carries on the operation that the environment's row names, to its end. May be run again from the start, and by
 * another server: the agent joins a run of the same operation, and the row is changed only while it still names it.
 */
export async function advanceEnvironment(parts: Parts, id: EnvironmentId, signal: AbortSignal): Promise<void> {
  const row = await parts.db.selectFrom("environments").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined || row.operation === null || row.operationId === null) return;
  try {
    await carryOn(parts, row, signal);
  } catch (error) {
    signal.throwIfAborted();
    await failOrRetry(parts, row, error);
  }
}

async function carryOn(parts: Parts, row: EnvironmentRow, signal: AbortSignal): Promise<void> {
  const agent = await agentOf(parts, row);
  switch (row.operation) {
    case "prepare":
      await required(agent, row).health({ signal: within(CALL_MS, signal) });
      return await finish(parts, row, { status: "syncing" });
    case "up":
    case "start":
      return await up(parts, { row, agent: required(agent, row) }, signal);
    case "stop":
      return await stop(parts, { row, agent: required(agent, row) }, signal);
    case "destroy":
      if (agent !== undefined) await destroyOn(agent, row, signal);
      return await finish(parts, row, { status: "destroyed" });
    case null:
      return;
  }
}

async function agentOf(parts: Parts, row: EnvironmentRow): Promise<AgentClient | undefined> {
  if (row.machineId === null) return undefined;
  const machine = await parts.db
    .selectFrom("machines")
    .select(["id", "address"])
    .where("id", "=", row.machineId)
    .executeTakeFirst();
  return machine === undefined ? undefined : parts.agents.of(machine);
}

function required(agent: AgentClient | undefined, row: EnvironmentRow): AgentClient {
  if (agent !== undefined) return agent;
  throw new CiloError("MACHINE_NOT_FOUND", `the machine of environment ${row.name} was removed`);
}

interface On {
  readonly row: EnvironmentRow;
  readonly agent: AgentClient;
}

async function up(parts: Parts, on: On, signal: AbortSignal): Promise<void> {
  const { row, agent } = on;
  const machine = await parts.db
    .selectFrom("machines")
    .select("allowPrivileged")
    .where("id", "=", row.machineId)
    .executeTakeFirstOrThrow();
  const begun = await agent.up({
    body: {
      environmentId: row.id,
      operationId: operationOf(row),
      name: row.name,
      project: row.project,
      format: row.format,
      ...(row.projectPath === null ? {} : { projectPath: row.projectPath }),
      ...(row.operationBuilds ? { build: true } : {}),
      block: row.block ?? "",
      allowPrivileged: row.exclusive && machine.allowPrivileged,
    },
    signal: within(CALL_MS, signal),
  });
  const ended = await untilEnded(begun, on, signal);
  observePhases(parts, row, ended);
  await finish(parts, row, { status: "running", services: ended.services.map((service) => Service.parse(service)) });
}

async function stop(parts: Parts, on: On, signal: AbortSignal): Promise<void> {
  const body = { environmentId: on.row.id, operationId: operationOf(on.row) };
  await untilEnded(await on.agent.down({ body, signal: within(CALL_MS, signal) }), on, signal);
  await finish(parts, on.row, { status: "stopped" });
}

async function destroyOn(agent: AgentClient, row: EnvironmentRow, signal: AbortSignal): Promise<void> {
  const body = { environmentId: row.id, operationId: operationOf(row) };
  await untilEnded(await agent.destroy({ body, signal: within(CALL_MS, signal) }), { row, agent }, signal);
}

/** The environment when the operation has ended well. Throws what the agent says when it has not. */
async function untilEnded(begun: AgentEnvironment, { row, agent }: On, signal: AbortSignal): Promise<AgentEnvironment> {
  const operationId = operationOf(row);
  let now = begun;
  while (now.operation?.id === operationId && now.operation.state === "working") {
    const query = { environmentId: row.id, operationId, waitMs: WAIT_MS };
    now = await agent.status({ query, signal: within(WAIT_MS + CALL_MS, signal) });
    // An agent that does not wait must not be asked in a tight loop.
    if (now.operation?.state === "working") await delay(100, signal);
  }
  // After `destroy` an agent may have forgotten the environment with the operation.
  if (now.operation?.id !== operationId && !(row.operation === "destroy" && now.state === "absent"))
    throw new CiloError("MACHINE_UNREACHABLE", "the machine's agent was restarted while it worked");
  const { operation } = now;
  if (operation?.state !== "failed") return now;
  const { code, message, hint } = operation.error ?? { code: "INTERNAL", message: "the machine gave no reason" };
  throw new OperationFailed(code, message, hint);
}

/** The machine did what it could: trying again will not help. */
class OperationFailed extends CiloError {
  constructor(code: string, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}

async function failOrRetry(parts: Parts, row: EnvironmentRow, error: unknown): Promise<void> {
  const isFinal = error instanceof OperationFailed || isCiloError(error, "MACHINE_NOT_FOUND");
  const waitedMs = parts.clock.now() - (row.operationSince?.getTime() ?? 0);
  const reason = reasonOf(error);
  if (row.operation === "destroy" || (!isFinal && waitedMs < parts.limits.operationMs)) {
    await parts.db
      .updateTable("environments")
      .set({ reason: `waiting: ${reason}` })
      .where("id", "=", row.id)
      .where("operationId", "=", row.operationId)
      .execute();
    throw error;
  }
  await finish(parts, row, { status: "failed", reason });
}

function reasonOf(error: unknown): string {
  if (isCiloError(error)) return error.hint === undefined ? error.message : `${error.message} — ${error.hint}`;
  if (error instanceof Error && error.name === "TimeoutError") return "the machine does not answer in time";
  return "an internal error; the server's log has it";
}

/** Ends the operation, if it is still the row's, and records what follows from it in the same transaction. */
async function finish(
  parts: Parts,
  row: EnvironmentRow,
  result: { readonly status: EnvironmentStatus; readonly reason?: string; readonly services?: Service[] },
): Promise<void> {
  const now = new Date(parts.clock.now());
  const { status, reason, services } = result;
  await parts.db.transaction().execute(async (queries) => {
    const changed = await queries
      .updateTable("environments")
      .set({
        status,
        statusSince: now,
        reason: reason ?? null,
        operation: null,
        operationId: null,
        operationSince: null,
        ...(services === undefined ? {} : { services: JSON.stringify(services) }),
        ...(status === "destroyed" ? { block: null, services: "[]" } : {}),
      })
      .where("id", "=", row.id)
      .where("operationId", "=", row.operationId)
      .returning("id")
      .executeTakeFirst();
    if (changed === undefined) return;
    await follow({ parts, queries, row, now }, status);
    await announce(queries, { kind: "environment", environmentId: row.id, message: reason ?? `now ${status}`, status });
  });
}

interface Following {
  readonly parts: Parts;
  readonly queries: Queries;
  readonly row: EnvironmentRow;
  readonly now: Date;
}

async function follow({ parts, queries, row, now }: Following, status: EnvironmentStatus): Promise<void> {
  if (status === "running") return await openUsage(queries, row, now);
  await closeUsage(queries, row.id, now);
  if (status !== "destroyed") return;
  parts.metrics.lifetime.observe((now.getTime() - row.createdAt.getTime()) / 1000);
  await freeBlock(queries, row.id, now);
  // The machine took them off with the environment; what is left is to forget the devices.
  await queries.updateTable("peers").set({ removedAt: now }).where("environmentId", "=", row.id).execute();
  await announce(queries, { kind: "nudge", reconciler: "leases" });
  if (row.machineId !== null)
    await releaseMachine({ parts, queries, now }, { id: row.machineId, wasExclusive: row.exclusive });
}

function observePhases(parts: Parts, row: EnvironmentRow, ended: AgentEnvironment): void {
  for (const [phase, ms] of Object.entries(ended.operation?.phases ?? {}))
    parts.metrics.phase.observe({ phase }, ms / 1000);
  const since = row.operationSince;
  if (since !== null) parts.metrics.phase.observe({ phase: "total" }, (parts.clock.now() - since.getTime()) / 1000);
}

function operationOf(row: EnvironmentRow) {
  if (row.operationId === null) throw new Error("an operation without an id");
  return row.operationId;
}

function within(ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}
