import { describe, expect, test } from "vitest";
import { runtimeEvent } from "./events.ts";

const attributes = { "com.docker.compose.service": "web", exitCode: "3" };
const line = (Action: string, more: object = {}): unknown => ({
  Type: "container",
  Action,
  Actor: { ID: "abc", Attributes: attributes },
  time: 1_700_000_000,
  timeNano: Number("1700000000123456789"),
  ...more,
});
const about = { composeProject: "p", service: "web", containerId: "abc" };

describe("an event of the engine", () => {
  test.each([
    ["start", { kind: "start" }],
    ["die", { kind: "die", exitCode: 3 }],
    ["died", { kind: "die", exitCode: 3 }],
    ["destroy", { kind: "destroy" }],
    ["remove", { kind: "destroy" }],
    ["health_status: healthy", { kind: "health", health: "healthy" }],
    ["health_status: unhealthy", { kind: "health", health: "unhealthy" }],
  ])("%s is told", (action, expected) => {
    expect(runtimeEvent(line(action), "p")).toMatchObject({ ...about, ...expected });
  });

  test("has the engine's time to the millisecond, or to the second where that is all", () => {
    expect(runtimeEvent(line("start"), "p")?.at).toBeCloseTo(1_700_000_000_123, 0);
    expect(runtimeEvent(line("start", { timeNano: undefined }), "p")?.at).toBe(1_700_000_000_000);
  });

  test.each([["exec_create: sh -c true"], ["health_status: sideways"], ["attach"], ["kill"]])(
    "%s is passed over",
    (action) => {
      expect(runtimeEvent(line(action), "p")).toBeUndefined();
    },
  );

  test("of a container that is no service's is passed over", () => {
    expect(runtimeEvent(line("start", { Actor: { ID: "abc", Attributes: {} } }), "p")).toBeUndefined();
    const oneOff = { ...attributes, "com.docker.compose.oneoff": "True" };
    expect(runtimeEvent(line("start", { Actor: { ID: "abc", Attributes: oneOff } }), "p")).toBeUndefined();
  });

  test("that is no event at all is passed over", () => {
    expect(runtimeEvent("half a li", "p")).toBeUndefined();
  });
});
