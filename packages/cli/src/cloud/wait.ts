import { CiloError, delay, isCiloError } from "@cilo/base";
import type { AgentClient, AgentEnvironment, Environment } from "@cilo/api";
import { EnvironmentId } from "@cilo/api";
import type { OperationContext, ServiceState } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { given } from "../parameters.ts";
import { readEnvironment } from "./environment.ts";
import type { CloudSession } from "./session.ts";

const POLL_MS = 200;
/** How long a machine may take to answer through a tunnel that was just made. */
const TUNNEL_MS = 30_000;

/**
 * Waits until the server has a machine for the environment and its files can come.
 * @throws CiloError `CLOUD_UP_FAILED` with the server's reason
 */
export async function untilReachable(context: CiloContext, session: CloudSession, id: string): Promise<Environment> {
  return await untilStatus(context, { session, id, isDone: ({ status }) => status !== "provisioning" });
}

/** Waits until the machine's agent answers through the tunnel. @throws CiloError `TUNNEL_DOWN` */
export async function untilAnswering(
  context: CiloContext,
  agent: AgentClient,
  target: { readonly environmentId: EnvironmentId; readonly machineIp: string },
): Promise<AgentEnvironment> {
  const { environmentId, machineIp } = target;
  const deadline = performance.now() + TUNNEL_MS;
  for (;;) {
    try {
      const tryMs = AbortSignal.timeout(3000);
      return await agent.status({ query: { environmentId }, signal: AbortSignal.any([context.signal, tryMs]) });
    } catch (cause) {
      context.signal.throwIfAborted();
      if (!isTransient(cause)) throw cause;
      if (performance.now() > deadline)
        throw new CiloError(CliCode.tunnelDown, `the machine does not answer through the tunnel at ${machineIp}`, {
          cause,
          hint: "See what of UDP, DNS and routes works: cilo cloud netcheck",
        });
      await delay(POLL_MS, context.signal);
    }
  }
}

function isTransient(error: unknown): boolean {
  return (
    isCiloError(error, "MACHINE_UNREACHABLE", "NOT_READY") || (error instanceof Error && error.name === "TimeoutError")
  );
}

/**
 * Waits until the machine has brought the environment up; tells its services' states meanwhile.
 * @throws CiloError the machine's own error, with every problem of the project
 */
export async function untilRunning(
  context: CiloContext,
  operation: OperationContext,
  waiting: { readonly session: CloudSession; readonly id: string; readonly agent: AgentClient },
): Promise<Environment> {
  const { session, id, agent } = waiting;
  const environmentId = EnvironmentId.parse(id);
  const over = new AbortController();
  const telling = tellOfMachine(context, operation, { agent, environmentId, over: over.signal });
  try {
    return await untilStatus(context, {
      session,
      id,
      isDone: ({ status }) => status === "running" || status === "degraded",
    });
  } catch (error) {
    throw (await machineError(context, agent, environmentId)) ?? error;
  } finally {
    over.abort();
    await telling;
  }
}

/** Tells what the machine is at until `over` aborts. What it does not answer is not told. */
async function tellOfMachine(
  context: CiloContext,
  operation: OperationContext,
  told: { readonly agent: AgentClient; readonly environmentId: EnvironmentId; readonly over: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, told.over]);
  while (!signal.aborted) {
    const [status] = await Promise.allSettled([
      told.agent.status({ query: { environmentId: told.environmentId }, signal }),
    ]);
    if (status.status === "fulfilled") {
      for (const service of status.value.services)
        operation.onEvent({ kind: "service", service: service.name, state: shownState(service) });
      const phase = status.value.operation?.phase;
      if (phase !== undefined) operation.onEvent({ kind: "engine", line: `machine: ${phase}` });
    }
    await Promise.allSettled([delay(POLL_MS, signal)]);
  }
}

function shownState({ state, health }: AgentEnvironment["services"][number]): ServiceState {
  if (health !== undefined) return health;
  return state === "running" ? "running" : state === "exited" ? "exited" : "starting";
}

/** What the machine says went wrong, in full; the server keeps a line of it. */
async function machineError(
  context: CiloContext,
  agent: AgentClient,
  environmentId: EnvironmentId,
): Promise<CiloError | undefined> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(5000)]);
  const status = await agent.status({ query: { environmentId }, signal }).catch(() => undefined);
  const failure = status?.operation?.state === "failed" ? status.operation.error : undefined;
  if (failure === undefined) return undefined;
  const { code, message, hint, problems = [] } = failure;
  return new CiloError(code, message, {
    ...given({ hint }),
    problems: problems.map(({ message: what, ...where }) => ({ message: what, ...given(where) })),
  });
}

/** Polls the server, which may be restarted meanwhile, until the environment is as wanted or has failed. */
async function untilStatus(
  context: CiloContext,
  wanted: {
    readonly session: CloudSession;
    readonly id: string;
    readonly isDone: (environment: Environment) => boolean;
  },
): Promise<Environment> {
  for (;;) {
    const environment = await readEnvironment(context, wanted.session, wanted.id);
    if (wanted.isDone(environment)) return environment;
    if (environment.status === "failed" || environment.status === "destroyed" || environment.status === "destroying")
      throw new CiloError(
        CliCode.cloudUpFailed,
        `${environment.name} is ${environment.status}${environment.reason === undefined ? "" : `: ${environment.reason}`}`,
        { hint: `Mend it and run again: cilo cloud up ${environment.name}; or cilo cloud destroy ${environment.name}` },
      );
    await delay(POLL_MS, context.signal);
  }
}

/** Waits until the server says the environment is as wanted, for `down` and `destroy`. */
export async function untilSettled(
  context: CiloContext,
  session: CloudSession,
  wanted: { readonly id: string; readonly status: "stopped" | "destroyed" },
): Promise<void> {
  for (;;) {
    const environment = await readEnvironment(context, session, wanted.id).catch((error: unknown) => {
      if (wanted.status === "destroyed" && isCiloError(error, "ENVIRONMENT_NOT_FOUND")) return undefined;
      throw error;
    });
    if (environment === undefined || environment.status === wanted.status) return;
    await delay(POLL_MS, context.signal);
  }
}
