import { EnvironmentId, MachineId } from "@cilo/api";
import { CompiledQuery } from "kysely";
import { PgBoss, type SendOptions } from "pg-boss";
import * as z from "zod";
import { announce } from "../store/changes.ts";
import type { Queries } from "../store/database.ts";
import { HEARTBEAT_SECONDS, type Run, type Worker, startWorker } from "./worker.ts";

/**
 * Work that takes longer than a request, kept by pg-boss in the database: what a killed server had begun, another
 * begins again. A job names its subject alone; what is to be done is read from the subject's row, so a job may run
 * twice, late or for nothing. Of one subject one job runs at a time, and at most one waits.
 */
export interface Jobs {
  /** Asks for the environment's operation to be carried on, when the transaction is committed. */
  advance(db: Queries, id: EnvironmentId): Promise<void>;
  /** Asks for the machine's registration, wipe or removal to be carried on. */
  advanceMachine(db: Queries, id: MachineId): Promise<void>;
}

export interface Work {
  environment(id: EnvironmentId, signal: AbortSignal): Promise<void>;
  machine(id: MachineId, signal: AbortSignal): Promise<void>;
}

export interface JobQueue extends Jobs, AsyncDisposable {
  /** Begins to do jobs, its own and those of servers that are gone. */
  work(work: Work): void;
  /** Looks for jobs now: somebody has sent one. */
  wake(): void;
}

/** What {@link announce} names as reconciler when a job was sent. */
export const JOBS = "jobs";

const queues = { environment: "environment", machine: "machine" } as const;

/** Jobs at a time, of one server and queue. They wait for machines most of the time. */
const CONCURRENCY = 64;

const Job = { environment: z.object({ id: EnvironmentId }), machine: z.object({ id: MachineId }) };

export async function openJobs(options: {
  readonly url: string;
  readonly onError: (error: unknown) => void;
}): Promise<JobQueue> {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: "cilo-server jobs",
    max: 6,
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    maintenanceIntervalSeconds: 3600,
  });
  boss.on("error", options.onError);
  await boss.start();
  for (const name of Object.values(queues))
    await boss.createQueue(name, {
      policy: "stately",
      retryLimit: 100,
      retryDelay: 1,
      retryBackoff: true,
      retryDelayMax: 15,
      expireInSeconds: 3600,
      // A server that is gone is noticed by its jobs' silence.
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deleteAfterSeconds: 3600,
    });
  const send = async (db: Queries, name: string, id: string): Promise<void> => {
    await boss.send(name, { id }, { singletonKey: id, db: inTransaction(db) });
    await announce(db, { kind: "nudge", reconciler: JOBS });
  };
  const workers: Worker[] = [];
  return {
    advance: async (db, id) => await send(db, queues.environment, id),
    advanceMachine: async (db, id) => await send(db, queues.machine, id),
    wake: () => {
      for (const worker of workers) worker.wake();
    },
    work: (work) => {
      const start = (name: string, run: Run): void =>
        void workers.push(startWorker({ boss, name, run, concurrency: CONCURRENCY, onError: options.onError }));
      start(queues.environment, async (data, signal) => await work.environment(Job.environment.parse(data).id, signal));
      start(queues.machine, async (data, signal) => await work.machine(Job.machine.parse(data).id, signal));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map(async (worker) => await worker[Symbol.asyncDispose]()));
      await boss.stop({ graceful: false, close: true });
    },
  };
}

/** The transaction's connection as pg-boss wants one. */
function inTransaction(db: Queries): NonNullable<SendOptions["db"]> {
  return {
    executeSql: async (text, values) => {
      const { rows } = await db.withoutPlugins().executeQuery(CompiledQuery.raw(text, [...(values ?? [])]));
      return { rows };
    },
  };
}
