import { isCiloError } from "@cilo/base";
import type { AgentEnvironment, AgentService } from "@cilo/api";
import type { EnvironmentStatus, Environments, ServiceStatus } from "@cilo/engine";
import type { Meter } from "../engine/meter.ts";
import type { EnvironmentRecord } from "./record.ts";

/** An environment as it is now: what it should be is the record's, what runs is asked of the engine. */
export async function describeEnvironment(
  record: EnvironmentRecord,
  now: {
    readonly engine: Environments | undefined;
    readonly isWorking: boolean;
    readonly use: Meter["use"];
    readonly signal: AbortSignal;
  },
): Promise<AgentEnvironment> {
  const { environmentId, lastActive, payloadBytes, operation } = record;
  const seen = await look(record, now);
  return {
    environmentId,
    ...stateOf(record, seen, now.isWorking),
    services: (seen.status?.serviceStatus ?? []).flatMap((service) => describeService(service, record, now.use)),
    activity: { lastActive, payloadBytes },
    ...(operation === undefined ? {} : { operation }),
  };
}

interface Seen {
  readonly status?: EnvironmentStatus;
  /** The engine did not answer, and why. */
  readonly unreachable?: string;
}

async function look(
  { name }: EnvironmentRecord,
  { engine, signal }: { readonly engine: Environments | undefined; readonly signal: AbortSignal },
): Promise<Seen> {
  if (engine === undefined || name === undefined) return {};
  try {
    return { status: await engine.status(name, { signal }) };
  } catch (error) {
    if (isCiloError(error, "ENVIRONMENT_NOT_FOUND")) return {};
    if (isCiloError(error, "ENGINE_UNREACHABLE", "ENGINE_MISSING", "ENGINE_FAILED"))
      return { unreachable: error.message };
    throw error;
  }
}

function stateOf(
  { desired, operation }: EnvironmentRecord,
  { status, unreachable }: Seen,
  isWorking: boolean,
): Pick<AgentEnvironment, "state" | "reason"> {
  if (isWorking || operation?.state === "working") return { state: "working" };
  const failure = operation?.state === "failed" ? { reason: operation.error?.message ?? "it failed" } : {};
  if (unreachable !== undefined) return { state: "degraded", reason: unreachable };
  switch (status?.state) {
    case "running":
      return { state: "running", ...failure };
    case "partial":
      return { state: "degraded", reason: failure.reason ?? notRunning(status) };
    case "creating":
    case "destroying":
    case "unknown":
      return { state: "failed", reason: failure.reason ?? `it is ${status.state}` };
    case "stopped":
    case undefined:
      break;
  }
  if (failure.reason !== undefined) return { state: "failed", ...failure };
  if (desired === "stopped") return { state: "stopped" };
  if (desired === "running")
    return { state: "degraded", reason: status === undefined ? "it is gone" : notRunning(status) };
  return { state: desired === "destroyed" ? "working" : "prepared" };
}

function notRunning({ serviceStatus }: EnvironmentStatus): string {
  const out = serviceStatus.filter(({ state }) => !["running", "healthy", "completed"].includes(state));
  return out.map(({ service, state }) => `${service} is ${state}`).join(", ");
}

function describeService(service: ServiceStatus, { addresses }: EnvironmentRecord, use: Meter["use"]): AgentService[] {
  const ip = addresses[service.label];
  if (ip === undefined) return [];
  const health = service.containers.find((container) => container.health !== undefined)?.health;
  return [
    {
      name: service.label,
      ip,
      endpoints: service.endpoint.ports.map((port) => ({ ...port })),
      hostnames: [...service.endpoint.hostnames],
      ingress: service.endpoint.ingress,
      ports: service.endpoint.ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port),
      state: service.state,
      ...(health === undefined ? {} : { health }),
      ...usedBy(service, use),
    },
  ];
}

/** What all its containers take together. */
function usedBy({ containers }: ServiceStatus, use: Meter["use"]): Pick<AgentService, "memoryBytes" | "cpuPercent"> {
  const uses = containers.flatMap(({ id }) => use(id) ?? []);
  if (uses.length === 0) return {};
  const memoryBytes = uses.reduce((sum, one) => sum + one.memoryBytes, 0);
  const percents = uses.flatMap(({ cpuPercent }) => cpuPercent ?? []);
  return { memoryBytes, ...(percents.length === 0 ? {} : { cpuPercent: percents.reduce((sum, one) => sum + one, 0) }) };
}
