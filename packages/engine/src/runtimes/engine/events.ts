import type { RuntimeEvent } from "../runtime.ts";
import type { EngineClient } from "./client.ts";
import { ComposeLabel } from "./labels.ts";
import { ContainerEvent } from "./responses.ts";

/** Events of a Compose project's containers, as the engine tells them. */
export async function* readEvents(
  client: EngineClient,
  composeProject: string,
  options: { readonly signal: AbortSignal; readonly ready?: () => void },
): AsyncGenerator<RuntimeEvent> {
  const filters = { type: ["container"], label: [`${ComposeLabel.project}=${composeProject}`] };
  const lines = client.lines("/events", { ...options, query: { filters: JSON.stringify(filters) } });
  for await (const line of lines) {
    const event = runtimeEvent(line, composeProject);
    if (event !== undefined) yield event;
  }
}

/** `undefined` for what is none of the events a runtime reports. */
export function runtimeEvent(line: unknown, composeProject: string): RuntimeEvent | undefined {
  const parsed = ContainerEvent.safeParse(line);
  if (!parsed.success) return undefined;
  const { Action, Actor, HealthStatus, time, timeNano } = parsed.data;
  const service = Actor.Attributes[ComposeLabel.service];
  if (service === undefined || Actor.Attributes[ComposeLabel.oneOff]?.toLowerCase() === "true") return undefined;
  const about = {
    composeProject,
    service,
    containerId: Actor.ID,
    at: timeNano === undefined ? (time ?? 0) * 1000 : timeNano / 1e6,
  };
  const [action = "", detail] = Action.split(": ");
  switch (action) {
    case "start":
      return { kind: "start", ...about };
    case "die":
    case "died":
      return { kind: "die", exitCode: Number(Actor.Attributes["exitCode"] ?? 0), ...about };
    case "destroy":
    case "remove":
      return { kind: "destroy", ...about };
    case "health_status":
      return healthEvent(detail ?? HealthStatus, about);
    default:
      return undefined;
  }
}

function healthEvent(health: string | undefined, about: Omit<RuntimeEvent, "kind">): RuntimeEvent | undefined {
  if (health !== "healthy" && health !== "unhealthy" && health !== "starting") return undefined;
  return { kind: "health", health, ...about };
}
