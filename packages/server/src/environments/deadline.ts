import type { Limits } from "../parts.ts";
import type { EnvironmentRow } from "./reach.ts";

/** What becomes of an environment unless it is used or extended, when, and why. */
export interface Deadline {
  readonly at: Date;
  readonly what: "stop" | "destroy";
  readonly reason: string;
}

type Facts = Pick<EnvironmentRow, "status" | "keep" | "lastActive" | "ttlUntil" | "extendedUntil">;

/** The next deadline, or undefined when there is none. Derived each time, so it cannot be out of date. */
export function deadlineOf(row: Facts, limits: Limits): Deadline | undefined {
  const [next] = [limitOf(row), row.keep ? undefined : idleOf(row, limits)]
    .filter((one) => one !== undefined)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  return next;
}

function limitOf({ status, ttlUntil }: Facts): Deadline | undefined {
  if (ttlUntil === null || status === "destroying" || status === "destroyed") return undefined;
  return { at: ttlUntil, what: "destroy", reason: "destroyed when its time limit ends" };
}

function idleOf(row: Facts, limits: Limits): Deadline | undefined {
  const after = (ms: number): Date =>
    new Date(Math.max(row.lastActive.getTime() + ms, row.extendedUntil?.getTime() ?? 0));
  const hours = (ms: number): string => `${Number((ms / 3_600_000).toFixed(2))} h`;
  switch (row.status) {
    case "running":
    case "degraded":
      return {
        at: after(limits.idleStopMs),
        what: "stop",
        reason: `stopped after ${hours(limits.idleStopMs)} without use`,
      };
    case "provisioning":
    case "syncing":
    case "stopped":
    case "failed":
      return {
        at: after(limits.idleDestroyMs),
        what: "destroy",
        reason: `destroyed after ${hours(limits.idleDestroyMs)} without use`,
      };
    case "destroying":
    case "destroyed":
      return undefined;
  }
}
