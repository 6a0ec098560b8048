import { EventEmitter, on } from "node:events";
import { EnvironmentEvent, type EnvironmentId, type LogLine } from "@cilo/api";
import { CiloError, isCiloError } from "@cilo/base";
import type { Asking } from "../audit.ts";
import type { Parts } from "../parts.ts";
import type { Change, Changes } from "../store/changes.ts";
import { environmentFor, type EnvironmentRow } from "./reach.ts";

interface Wanted {
  readonly id: EnvironmentId;
  readonly by: Asking;
  readonly signal: AbortSignal;
}

interface LogOptions {
  readonly service?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
}

/** What the services write, from the machine's agent. */
export async function streamLogs(parts: Parts, wanted: Wanted, query: LogOptions): Promise<AsyncGenerator<LogLine>> {
  const row = await environmentFor(parts.db, { id: wanted.id, caller: wanted.by.caller });
  const agent = await agentOf(parts, row);
  if (agent === undefined || row.status === "destroying")
    throw new CiloError("STATE_CONFLICT", `environment ${row.name} is ${row.status} and has no logs`);
  return await agent.logs({ query: { ...query, environmentId: row.id }, signal: wanted.signal });
}

/**
 * What happens to an environment: first how it is, then every change of its state that any server makes, and what its
 * machine tells while it answers. Ends when the environment is destroyed.
 */
export async function streamEvents(
  parts: Parts,
  wanted: Wanted,
  changes: Changes,
): Promise<AsyncGenerator<EnvironmentEvent>> {
  const row = await environmentFor(parts.db, { id: wanted.id, caller: wanted.by.caller });
  return events(parts, { row, signal: wanted.signal, changes });
}

async function* events(
  parts: Parts,
  { row, signal, changes }: { row: EnvironmentRow; signal: AbortSignal; changes: Changes },
): AsyncGenerator<EnvironmentEvent> {
  const time = (): string => new Date(parts.clock.now()).toISOString();
  const base = { environmentId: row.id };
  const emitter = new EventEmitter<{ event: [EnvironmentEvent] }>();
  const ending = new AbortController();
  const all = AbortSignal.any([signal, ending.signal]);
  using _ = changes.listen((change: Change) => {
    if (change.kind !== "environment" || change.environmentId !== row.id) return;
    emitter.emit("event", { ...base, time: time(), kind: "state", message: change.message, status: change.status });
  });
  const arriving = on(emitter, "event", { signal: all });
  void follow(parts, { row, emitter, signal: all });
  yield { ...base, time: time(), kind: "state", message: row.reason ?? `is ${row.status}`, status: row.status };
  if (row.status === "destroyed") return;
  try {
    for await (const [told] of arriving) {
      const event = EnvironmentEvent.parse(told);
      yield event;
      if (event.kind === "state" && event.status === "destroyed") return;
    }
  } catch (error) {
    if (!all.aborted) throw error;
  } finally {
    ending.abort();
  }
}

/** Passes on what the machine tells, for as long as it does. That it does not is told by the state. */
async function follow(
  parts: Parts,
  {
    row,
    emitter,
    signal,
  }: { row: EnvironmentRow; emitter: EventEmitter<{ event: [EnvironmentEvent] }>; signal: AbortSignal },
): Promise<void> {
  try {
    const agent = await agentOf(parts, row);
    if (agent === undefined) return;
    const told = await agent.events({ query: { environmentId: row.id }, signal });
    for await (const event of told) emitter.emit("event", event);
  } catch (error) {
    if (signal.aborted || isCiloError(error)) return;
    throw error;
  }
}

async function agentOf(parts: Parts, row: EnvironmentRow) {
  if (row.machineId === null || row.status === "destroyed") return undefined;
  const machine = await parts.db
    .selectFrom("machines")
    .select(["id", "address"])
    .where("id", "=", row.machineId)
    .executeTakeFirst();
  return machine === undefined ? undefined : parts.agents.of(machine);
}
