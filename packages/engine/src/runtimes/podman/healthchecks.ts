import { delay, isCiloError } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../../errors.ts";
import type { EngineClient } from "../engine/client.ts";
import { ComposeLabel, labelFilter } from "../engine/labels.ts";
import { podmanContainers } from "./podman-client.ts";

interface Options {
  readonly signal: AbortSignal;
}

/** Runs the healthchecks of a Compose project's containers. */
export interface Healthchecks {
  /** Until `signal` aborts, each at its interval. */
  keep(client: EngineClient, composeProject: string, options: Options): Promise<void>;
  /** Those that are overdue, once; a slow one is not waited for. */
  catchUp(client: EngineClient, composeProject: string, options: Options): Promise<void>;
}

const LOOK_MS = 100;
const CATCH_UP_MS = 1000;

/**
 * Podman leaves running healthchecks to timers of systemd. On a machine without it no check ever runs, and whoever
 * waits for a healthy service waits for ever. So they are run from here: at their intervals while somebody waits, and
 * when somebody asks how an environment is.
 */
export function createHealthchecks(): Healthchecks {
  const due = new Map<string, Due>();
  return {
    keep: async (client, composeProject, { signal }) => {
      const running: Promise<void>[] = [];
      await unlessAborted(signal, async () => {
        for (;;) {
          running.push(...(await startDue(due, { client, composeProject, signal })));
          await delay(LOOK_MS, signal);
        }
      });
      await Promise.all(running);
    },
    catchUp: async (client, composeProject, options) => {
      const signal = AbortSignal.any([options.signal, AbortSignal.timeout(CATCH_UP_MS)]);
      await unlessAborted(signal, async () => {
        await Promise.all(await startDue(due, { client, composeProject, signal }));
      });
      options.signal.throwIfAborted();
    },
  };
}

/** When a container's next check is due, in milliseconds since the epoch; `Infinity` while one runs. */
interface Due {
  at: number;
  readonly intervalMs: number;
}

interface Round extends Options {
  readonly client: EngineClient;
  readonly composeProject: string;
}

async function startDue(due: Map<string, Due>, round: Round): Promise<Promise<void>[]> {
  const { client, composeProject, signal } = round;
  const query = labelFilter(`${ComposeLabel.project}=${composeProject}`);
  const listed = await podmanContainers(client, { signal, query });
  const checked = listed.filter(({ State, Status }) => State === "running" && Status).map(({ Id }) => Id);
  const started: Promise<void>[] = [];
  for (const id of checked) {
    const next = due.get(id) ?? (await firstDue(round, id));
    due.set(id, next);
    if (Date.now() >= next.at) started.push(check(round, id, next));
  }
  return started;
}

/** The container may be gone or stopped, or the round over, before the check has ended: then there is no result. */
async function check({ client, signal }: Round, id: string, next: Due): Promise<void> {
  next.at = Infinity;
  await unlessAborted(signal, async () => {
    await client.call("GET", `/libpod/containers/${id}/healthcheck`, { signal, timeoutMs: Infinity });
  });
  next.at = Date.now() + next.intervalMs;
}

const Checked = z.object({
  Config: z.object({ Healthcheck: z.optional(z.nullable(z.object({ Interval: z.optional(z.number()) }))) }),
  State: z.object({
    StartedAt: z.optional(z.string()),
    Health: z.optional(
      z.nullable(z.object({ Log: z.optional(z.nullable(z.array(z.object({ End: z.optional(z.string()) })))) })),
    ),
  }),
});
/** Docker's, where the project names none. */
const DEFAULT_INTERVAL_MS = 30_000;

async function firstDue({ client, signal }: Round, id: string): Promise<Due> {
  const { body } = await client.call("GET", `/containers/${id}/json`, { signal, expect: [404] });
  const inspected = Checked.safeParse(body);
  if (!inspected.success) return { at: Infinity, intervalMs: DEFAULT_INTERVAL_MS };
  const { Config, State } = inspected.data;
  const intervalMs = (Config.Healthcheck?.Interval ?? 0) / 1e6 || DEFAULT_INTERVAL_MS;
  const since = Date.parse(State.Health?.Log?.at(-1)?.End ?? State.StartedAt ?? "") || Date.now();
  return { at: since + intervalMs, intervalMs };
}

/** An engine that fails meanwhile is for those to report who asked it for something. */
async function unlessAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted && !isCiloError(error, EngineCode.engineFailed, EngineCode.engineUnreachable)) throw error;
  }
}
