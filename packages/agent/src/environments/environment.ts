import { chown, realpath } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, delay, isCiloError } from "@cilo/base";
import type { AgentEnvironment, AgentOperation, EnvironmentEvent, OperationId, UpRequest } from "@cilo/api";
import type { Endpoint, Environments, OperationContext, ProgressEvent, RuntimeEvent } from "@cilo/engine";
import { removeTree } from "@cilo/engine";
import { AgentCode } from "../errors.ts";
import type { Meter } from "../engine/meter.ts";
import type { Log } from "../log.ts";
import type { GatewayEnvironment } from "../network/ruleset.ts";
import { assignAddresses } from "../network/service-addresses.ts";
import { createPins } from "../policy/pins.ts";
import { FILES_OWNER } from "../sync/rsync-daemon.ts";
import { createSerial } from "../serial.ts";
import { type EngineParts, openEngine, uploadFolder } from "./engine.ts";
import type { EnvironmentRecord } from "./record.ts";
import { describeEnvironment } from "./describe.ts";

/** How long services may take to become ready, once pulling and building is done. */
const READY_WITHIN_MS = 600_000;

/** What an environment needs of the machine. */
export interface EnvironmentParts extends EngineParts {
  /** The environment's folder. */
  readonly folder: string;
  readonly pins: string;
  readonly save: (record: EnvironmentRecord) => Promise<void>;
  /** Its record and folder are gone, and nobody may find it any more. */
  readonly gone: () => Promise<void>;
  /** Addresses, devices or the way in have changed: firewall and rsync are to follow. */
  readonly refresh: () => Promise<void>;
  readonly endSessions: (folder: string, signal: AbortSignal) => Promise<void>;
  readonly use: Meter["use"];
  readonly emit: (event: Omit<EnvironmentEvent, "environmentId" | "time">) => void;
  readonly log: Log;
  /** Aborts when the agent stops. */
  readonly signal: AbortSignal;
}

/** One environment of the machine, as long as it is there. */
export interface Environment {
  readonly record: () => EnvironmentRecord;
  /** For the firewall, devices left out. */
  readonly gateway: () => Omit<GatewayEnvironment, "devices">;
  /** Clients may upload now. */
  readonly isOpenForSync: () => boolean;
  /** The engine's project, once something of it was there. */
  readonly composeProject: () => string | undefined;
  readonly workspace: () => string | undefined;
  /** Makes its folder, and keeps it in mind. */
  prepare(): Promise<void>;
  start(kind: AgentOperation["kind"], operationId: OperationId, request?: UpRequest): Promise<void>;
  /** Resolves when that operation has ended, or after so long. */
  settled(operationId: OperationId, signal: AbortSignal): Promise<void>;
  describe(signal: AbortSignal): Promise<AgentEnvironment>;
  /** Changes the record and keeps it. */
  change(change: Partial<EnvironmentRecord>): Promise<void>;
  /** After a start of the agent: goes on with what was under way, else sees to it that what should run does. */
  resume(): Promise<void>;
  /** Ends what is under way, for a stop of the agent: the next start goes on with it. */
  stop(): Promise<void>;
}

export function openEnvironment(initial: EnvironmentRecord, parts: EnvironmentParts): Environment {
  let record = initial;
  let engine: Environments | undefined;
  let services: GatewayEnvironment["services"] = initial.services ?? [];
  let composeProject: string | undefined;
  let workspace: string | undefined;
  let isCopying = false;
  let running: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  let watching: AbortController | undefined;
  const saving = createSerial();

  const change = async (changes: Partial<EnvironmentRecord>): Promise<void> => {
    record = { ...record, ...changes };
    await saving(() => parts.save(record));
  };

  const publish = async (endpoints: readonly Endpoint[]): Promise<void> => {
    const labels = endpoints.map((endpoint) => endpoint.label);
    const addresses = assignAddresses(record.addresses, { block: record.block, labels });
    services = endpoints.flatMap(({ label, addresses: containers }) => {
      const [address, container] = [addresses[label], containers[0]?.address];
      return address === undefined || container === undefined ? [] : [{ address, container }];
    });
    const now = { addresses, services: services.map((one) => ({ ...one })) };
    if (JSON.stringify(now) !== JSON.stringify({ addresses: record.addresses, services: record.services }))
      await change(now);
    await parts.refresh();
  };

  const open = async (): Promise<Environments> => {
    engine = await openEngine(parts, {
      id: record.environmentId,
      folder: parts.folder,
      pins: parts.pins,
      allowPrivileged: record.allowPrivileged === true,
      publish,
    });
    if (record.name !== undefined) await ifThere(async () => await locate(engine, record.name ?? ""));
    return engine;
  };

  const locate = async (environments: Environments | undefined, name: string): Promise<void> => {
    workspace = (await environments?.find(name))?.paths.workspace;
  };

  /** Nobody writes to what is copied while it is: a link put there meanwhile would lead the copy out of it. */
  const closeForCopy = async (signal: AbortSignal): Promise<void> => {
    isCopying = true;
    await parts.refresh();
    await parts.endSessions(await uploadFolder(parts.folder), signal);
  };
  const openAgain = async (): Promise<void> => {
    if (!isCopying) return;
    isCopying = false;
    await parts.refresh();
  };

  const onEvent = (event: ProgressEvent): void => {
    if (event.kind === "phase") {
      if (event.state === "started" && !COPYING.has(event.phase)) void openAgain().catch(tell("rsync"));
      notePhase(event);
      parts.emit({ kind: "phase", phase: event.phase, message: `${event.phase} ${event.state}` });
    } else if (event.kind === "service") {
      parts.emit({ kind: "service", service: event.service, message: `${event.service} is ${event.state}` });
    } else if (event.kind === "notice") {
      parts.emit({ kind: "notice", message: event.notice.message });
    }
  };

  const notePhase = (event: Extract<ProgressEvent, { kind: "phase" }>): void => {
    if (record.operation === undefined) return;
    const phases =
      event.state === "done" && event.durationMs !== undefined
        ? { ...record.operation.phases, [event.phase]: event.durationMs }
        : record.operation.phases;
    record = { ...record, operation: { ...record.operation, phase: event.phase, ...(phases ? { phases } : {}) } };
  };

  const tell =
    (what: string) =>
    (error: unknown): void => {
      if (parts.signal.aborted) return;
      parts.log.error(`${what} could not follow`, { environment: record.environmentId, err: asError(error) });
    };

  const bringUp = async (context: OperationContext, isBuild: boolean): Promise<void> => {
    const name = record.name ?? record.environmentId.replace("_", "-");
    await closeForCopy(context.signal);
    try {
      const files = await uploadFolder(parts.folder);
      const environments = await open();
      const { status } = await environments.up(
        {
          environment: name,
          from: await projectFolder(files, record.projectPath ?? ""),
          workingDir: files,
          options: record.format === undefined ? {} : { format: record.format },
          build: isBuild,
          recreate: false,
          wait: true,
          timeoutMs: READY_WITHIN_MS,
        },
        context,
      );
      composeProject = status.composeProject;
      workspace = status.workspace;
      watch();
    } finally {
      await openAgain();
    }
  };

  const takeDown = async (context: OperationContext): Promise<void> => {
    unwatch();
    if (record.name === undefined) return;
    await ifThere(async () => await (engine ?? (await open())).down(record.name ?? "", context));
  };

  const destroy = async (context: OperationContext): Promise<void> => {
    unwatch();
    await closeForCopy(context.signal);
    const { name } = record;
    if (name !== undefined)
      await ifThere(
        async () => await (engine ?? (await open())).destroy(name, { keepWorkspace: false, force: true }, context),
      );
    await createPins(parts.pins, parts.env).release(context.signal);
    services = [];
    await removeTree(join(parts.folder, "files"), { within: parts.folder, signal: context.signal });
    await removeTree(join(parts.folder, "home"), { within: parts.folder, signal: context.signal });
    await parts.gone();
  };

  const perform = async (kind: AgentOperation["kind"], context: OperationContext, isBuild: boolean): Promise<void> => {
    switch (kind) {
      case "up":
        return await bringUp(context, isBuild);
      case "down":
        return await takeDown(context);
      case "destroy":
        return await destroy(context);
    }
  };

  /** Runs it in the background; its outcome is the record's. */
  const launch = (operation: AgentOperation, isBuild: boolean): void => {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, parts.signal]);
    const startedMs = performance.now();
    const done = (async () => {
      try {
        await perform(operation.kind, { signal, onEvent }, isBuild);
        if (operation.kind !== "destroy") await end({ state: "done" });
        parts.emit({ kind: "state", status: operation.kind, message: `${operation.kind} done` });
      } catch (error) {
        // Stopped with the agent: the next start goes on with it.
        if (parts.signal.aborted) return;
        const failure = failureOf(error);
        if (failure.code === "INTERNAL") parts.log.error("operation failed", { err: asError(error) });
        await end({ state: "failed", error: failure });
        parts.emit({ kind: "state", status: "failed", message: failure.message });
      } finally {
        running = undefined;
        const { id, kind, state } = record.operation ?? operation;
        parts.log.info("operation ended", {
          environment: record.environmentId,
          operation: id,
          kind,
          state,
          durationMs: Math.round(performance.now() - startedMs),
        });
      }
    })();
    running = { stop, done };
  };

  const end = async (outcome: Pick<AgentOperation, "state" | "error">): Promise<void> => {
    if (record.operation === undefined) return;
    const { phase: _, error: __, ...operation } = record.operation;
    await change({ operation: { ...operation, ...outcome } });
  };

  const begin = async (operation: AgentOperation, request: UpRequest | undefined): Promise<void> => {
    const desired = { up: "running", down: "stopped", destroy: "destroyed" } as const;
    await change({
      operation,
      desired: desired[operation.kind],
      lastActive: operation.startedAt,
      ...(request === undefined
        ? {}
        : {
            name: record.name ?? request.name,
            format: request.format,
            projectPath: request.projectPath,
            block: request.block,
            allowPrivileged: request.allowPrivileged,
          }),
    });
    launch(operation, request?.build === true);
  };

  const watch = (): void => {
    if (watching !== undefined || composeProject === undefined) return;
    watching = new AbortController();
    const signal = AbortSignal.any([watching.signal, parts.signal]);
    void follow(composeProject, signal).catch(tell("watching"));
  };
  const unwatch = (): void => {
    watching?.abort();
    watching = undefined;
  };

  /** Addresses follow containers that the engine starts by itself; an engine that was away is asked what is left. */
  const follow = async (project: string, signal: AbortSignal): Promise<void> => {
    let wasAway = false;
    while (!signal.aborted) {
      try {
        const ready = (): void => {
          if (wasAway) void converge(signal).catch(tell("converging"));
          wasAway = false;
        };
        for await (const event of parts.runtime.events(project, { signal, ready })) {
          tellEvent(event);
          await mend(signal).catch(tell("addresses"));
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isCiloError(error)) throw error;
      }
      wasAway = true;
      await delay(1000, signal).catch(() => undefined);
    }
  };

  const tellEvent = ({ kind, service, health }: RuntimeEvent): void =>
    parts.emit({ kind: "service", service, message: `${service}: ${kind}${health === undefined ? "" : ` ${health}`}` });

  /** Looking at an environment publishes its addresses as they are. */
  const mend = async (signal: AbortSignal): Promise<void> => {
    if (running === undefined && record.name !== undefined) await engine?.status(record.name, { signal });
  };

  /** Starts again what was stopped with the engine or the machine; what ended by itself before stays as it is. */
  const converge = async (signal: AbortSignal): Promise<void> => {
    const { name } = record;
    if (record.desired !== "running" || running !== undefined || name === undefined) return;
    const environments = engine ?? (await open());
    const status = await environments.status(name, { signal });
    composeProject = status.composeProject;
    workspace = status.workspace;
    watch();
    if (status.state === "running") return;
    parts.log.info("starting again", { environment: record.environmentId, state: status.state });
    const stop = new AbortController();
    const context = { signal: AbortSignal.any([stop.signal, parts.signal]), onEvent };
    const done = bringUp(context, false)
      .catch(tell("starting again"))
      .finally(() => (running = undefined));
    running = { stop, done };
    await done;
  };

  return {
    record: () => record,
    gateway: () => ({ id: record.environmentId, block: record.block, services }),
    isOpenForSync: () => !isCopying && record.desired !== "destroyed",
    composeProject: () => composeProject,
    workspace: () => workspace,
    change,
    async start(kind, operationId, request) {
      if (record.operation?.id === operationId) return;
      if (running !== undefined) {
        if (kind !== "destroy" || record.operation?.kind === "destroy")
          throw new CiloError(AgentCode.operationInProgress, `${record.operation?.kind ?? "up"} is under way`, {
            hint: "Wait for it, or destroy the environment",
          });
        running.stop.abort();
        await running.done;
      }
      await makeFolder(parts.folder);
      await begin({ id: operationId, kind, state: "working", startedAt: isoTime(parts.clock.now()) }, request);
    },
    async prepare() {
      await makeFolder(parts.folder);
      await change({});
    },
    async settled(operationId, signal) {
      if (running === undefined || record.operation?.id !== operationId) return;
      const { done } = running;
      await Promise.race([done, aborted(signal)]);
    },
    describe: async (signal) =>
      await describeEnvironment(record, { engine, isWorking: running !== undefined, use: parts.use, signal }),
    async resume() {
      if (record.operation?.state === "working") return launch(record.operation, false);
      if (record.desired === "running") await converge(parts.signal);
      else if (record.name !== undefined) await open();
    },
    async stop() {
      unwatch();
      running?.stop.abort();
      await running?.done;
    },
  };
}

const COPYING: ReadonlySet<string> = new Set(["copy", "sync", "hook", "parse"]);

/** @throws CiloError `PATH_ESCAPES` where a link leads out of what was uploaded */
async function projectFolder(files: string, path: string): Promise<string> {
  const folder = await realpath(join(files, path)).catch((cause: unknown) => {
    throw new CiloError(AgentCode.stateConflict, `there is no folder ${path || "at the top"} in what was uploaded`, {
      cause,
    });
  });
  if (`${folder}/`.startsWith(`${files}/`)) return folder;
  throw new CiloError(AgentCode.pathEscapes, `${path} leads out of what was uploaded`);
}

async function makeFolder(folder: string): Promise<void> {
  await chown(await uploadFolder(folder), FILES_OWNER, FILES_OWNER);
}

/** What was never there, or not so far, is gone already. */
async function ifThere(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCiloError(error, "ENVIRONMENT_NOT_FOUND")) throw error;
  }
}

function failureOf(error: unknown): NonNullable<AgentOperation["error"]> {
  if (!(error instanceof CiloError)) return { code: "INTERNAL", message: "the agent failed; its log says more" };
  const { code, message, hint, problems } = error;
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(problems.length === 0 ? {} : { problems: problems.map((problem) => ({ ...problem, column: undefined })) }),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
