import { CiloError, isCiloError, printable, run } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ContainerStatus } from "../../runtimes/runtime.ts";
import type { Workbench, WorkbenchMoment, WorkbenchStep } from "../../spec/workbench.ts";
import type { Located } from "../environments.ts";
import type { Work } from "../work.ts";
import { type CommandLine, commandLines } from "./command-lines.ts";
import { type Entering, type Entry, entryOf, execCommand } from "./enter.ts";
import { type Ran, loadRan, saveRan } from "./stored.ts";

const MOMENTS: readonly WorkbenchMoment[] = [
  "onCreateCommand",
  "updateContentCommand",
  "postCreateCommand",
  "postStartCommand",
  "postAttachCommand",
];

/** A command at attaching is often a server: it is watched for so long, and then goes on by itself. */
const ATTACH_MS = 5000;

export interface Running {
  readonly located: Located;
  readonly workbench: Workbench;
  readonly composeProject: string;
  /** Wait for all of them; else for those that `waitFor` names, and the next `up` runs the others. */
  readonly waitForAll: boolean;
  /** A command that writes nothing for so long is taken to hang. */
  readonly silenceMs: number;
}

/**
 * Runs what is left of the workbench's commands: those that run once for a container and have not ended well in this
 * one, those of this start of it, and then those at attaching. Each that ended well is remembered at once.
 *
 * @returns whether any ran
 * @throws CiloError `LIFECYCLE_COMMAND_FAILED`; the container goes on running, and the next call goes on there
 */
export async function runSteps(work: Work, running: Running): Promise<boolean> {
  const { located, workbench, composeProject } = running;
  if (workbench.steps.length === 0) return false;
  const container = await workbenchContainer(work, { composeProject, service: workbench.service });
  if (container === undefined) return false;
  let ran = await ranIn(container, located);
  const pending = pendingSteps(running, ran);
  if (pending.length === 0) return false;
  return await work.progress.phase("commands", async () => {
    const entering = await enteringOf(work, container);
    const entry = await entryOf(workbench, entering);
    for (const { key, step } of pending) {
      await runStep(work, { ...running, entering, entry, step });
      ran = withDone(ran, key, step.moment);
      await saveRan(located.paths, ran);
    }
    if (running.waitForAll) await attach(work, { ...running, entering, entry });
    return true;
  });
}

/** Commands at attaching, which run each time. A failure is told, and is no reason not to attach. */
export async function runAttachSteps(work: Work, running: Running): Promise<void> {
  const { workbench, composeProject } = running;
  if (!workbench.steps.some(({ moment }) => moment === "postAttachCommand")) return;
  const container = await workbenchContainer(work, { composeProject, service: workbench.service });
  if (container === undefined) return;
  const entering = await enteringOf(work, container);
  await attach(work, { ...running, entering, entry: await entryOf(workbench, entering) });
}

async function enteringOf(work: Work, container: ContainerStatus): Promise<Entering> {
  const { signal } = work.context;
  const program = await work.runtime.program({ signal });
  return {
    program: { ...program, env: { ...program.env, ...work.operation.env } },
    containerId: container.id,
    callerEnv: work.deps.env,
    signal,
  };
}

async function workbenchContainer(
  work: Work,
  { composeProject, service }: { readonly composeProject: string; readonly service: string },
): Promise<ContainerStatus | undefined> {
  const { signal } = work.context;
  const { environments } = await work.runtime.status({ composeProject, details: true }, { signal });
  return environments
    .get(composeProject)
    ?.find((container) => container.service === service && container.state === "running");
}

/** What ran in another container, or at another start of this one, counts no more. */
async function ranIn(container: ContainerStatus, located: Located): Promise<Ran> {
  const startedAt = container.startedAt ?? 0;
  const last = await loadRan(located.paths);
  if (last?.containerId !== container.id) return { containerId: container.id, once: [], startedAt, started: [] };
  return last.startedAt === startedAt ? last : { ...last, startedAt, started: [] };
}

interface Pending {
  readonly key: string;
  readonly step: WorkbenchStep;
}

function pendingSteps({ workbench, waitForAll }: Running, ran: Ran): Pending[] {
  const last = waitForAll ? "postStartCommand" : workbench.waitFor;
  const limit = MOMENTS.findIndex((moment) => moment === last);
  const done = new Set([...ran.once, ...ran.started]);
  return workbench.steps
    .map((step, index) => ({ key: `${index} ${step.moment}`, step }))
    .filter(({ step }) => step.moment !== "postAttachCommand" && MOMENTS.indexOf(step.moment) <= limit)
    .filter(({ key }) => !done.has(key));
}

function withDone(ran: Ran, key: string, moment: WorkbenchMoment): Ran {
  return moment === "postStartCommand"
    ? { ...ran, started: [...ran.started, key] }
    : { ...ran, once: [...ran.once, key] };
}

interface StepRun extends Running {
  readonly entering: Entering;
  readonly entry: Entry;
  readonly step: WorkbenchStep;
}

/** All lines of a step at the same time; the first that fails ends the others. */
async function runStep(work: Work, stepRun: StepRun): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([work.context.signal, failed.signal]);
  const lines = commandLines(stepRun.step.command).map(async ({ name, argv }) => {
    try {
      await runLine(work, stepRun, { name, argv, signal });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(lines);
  work.context.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  const rejected = results.find((result) => result.status === "rejected");
  if (rejected !== undefined) throw rejected.reason;
}

/** Told first, on a line of its own, so that the process in the container can be ended with the command here. */
const PID_MARK = "cilo-process";
const WITH_PID = `echo "${PID_MARK} $$"; exec "$@"`;

async function runLine(
  work: Work,
  { step, entering, entry, silenceMs, located, workbench }: StepRun,
  { name, argv, signal }: CommandLine & { readonly signal: AbortSignal },
): Promise<void> {
  const from = name === undefined ? step.moment : `${step.moment} ${name}`;
  const told: string[] = [];
  const silence = silenceTimer(silenceMs);
  let pid: string | undefined;
  const onLine = (line: string): void => {
    silence.restart();
    const own = pid === undefined ? new RegExp(`^${PID_MARK} (\\d+)$`, "u").exec(line)?.[1] : undefined;
    pid ??= own;
    if (own !== undefined) return;
    if (told.push(printable(line)) > 20) told.shift();
    work.context.onEvent({ kind: "output", from, line: printable(line) });
  };
  const { args, env } = execCommand(entering, entry, ["/bin/sh", "-c", WITH_PID, "-", ...argv]);
  try {
    await run(entering.program.file, args, { env, signal: AbortSignal.any([signal, silence.signal]), onLine });
  } catch (cause) {
    if (pid !== undefined) await endInContainer(entering, pid);
    if (signal.aborted && !silence.signal.aborted) throw cause;
    if (!silence.signal.aborted && !isCiloError(cause)) throw cause;
    const why = silence.signal.aborted ? `wrote nothing for ${silenceMs / 1000} s and was ended` : reasonOf(cause);
    throw stepFailed({ from, origin: step.origin, why, told, cause }, { located, workbench });
  } finally {
    silence.stop();
  }
}

function reasonOf(cause: unknown): string {
  const [, status] = /status (\d+)/u.exec(cause instanceof Error ? cause.message : "") ?? [];
  return status === undefined ? "failed" : `ended with status ${status}`;
}

function stepFailed(
  failure: {
    readonly from: string;
    readonly origin: string;
    readonly why: string;
    readonly told: readonly string[];
    readonly cause: unknown;
  },
  { located, workbench }: Pick<Running, "located" | "workbench">,
): CiloError {
  const last = failure.told.slice(-3).join("; ");
  const { environment } = located.record;
  return new CiloError(
    EngineCode.commandFailed,
    `${failure.from} (${failure.origin}) ${failure.why} in ${workbench.service}${last === "" ? "" : `: ${last}`}`,
    {
      cause: failure.cause,
      hint: `Look into it: cilo shell ${environment}; then go on there: cilo up ${environment}`,
    },
  );
}

/** Aborts when `restart` was not called for so long. */
function silenceTimer(silenceMs: number): { readonly signal: AbortSignal; restart(): void; stop(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new Error("silent for too long"));
  let timer = setTimeout(abort, silenceMs);
  return {
    signal: controller.signal,
    restart() {
      clearTimeout(timer);
      timer = setTimeout(abort, silenceMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/** The engine's program that is ended here leaves what it started running there. */
async function endInContainer({ program, containerId }: Entering, pid: string): Promise<void> {
  // Not every `kill` knows `--`; the number is one that was read as digits.
  const script = 'kill -TERM "-$1" || kill -TERM "$1"';
  const args = ["exec", "--user=0", containerId, "/bin/sh", "-c", script, "-", pid];
  const signal = AbortSignal.timeout(10_000);
  await run(program.file, args, { env: program.env, signal, expect: [0, 1, 2, 126, 127, 128, 137] }).catch(
    (error: unknown) => {
      if (!isCiloError(error) && !signal.aborted) throw error;
    },
  );
}

async function attach(work: Work, running: Omit<StepRun, "step">): Promise<void> {
  for (const step of running.workbench.steps.filter(({ moment }) => moment === "postAttachCommand"))
    await Promise.all(commandLines(step.command).map((line) => attachLine(work, running, line)));
}

/** Left to itself when it has not ended in time: the engine's program goes, what it started stays. */
async function attachLine(
  work: Work,
  { entering, entry }: Omit<StepRun, "step">,
  { name, argv }: CommandLine,
): Promise<void> {
  const from = name === undefined ? "postAttachCommand" : `postAttachCommand ${name}`;
  const enough = AbortSignal.timeout(ATTACH_MS);
  const onLine = (line: string): void => work.context.onEvent({ kind: "output", from, line: printable(line) });
  const { args, env } = execCommand(entering, entry, argv);
  try {
    await run(entering.program.file, args, { env, signal: AbortSignal.any([work.context.signal, enough]), onLine });
  } catch (error) {
    work.context.signal.throwIfAborted();
    if (enough.aborted) work.notify({ code: "command-goes-on", message: `${from} goes on running in the container` });
    else if (isCiloError(error))
      work.notify({ code: "attach-command-failed", message: `${from} failed: ${reasonOf(error)}` });
    else throw error;
  }
}
