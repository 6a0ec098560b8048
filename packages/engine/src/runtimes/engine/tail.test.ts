import { expect, test } from "vitest";
import type { EngineClient } from "./client.ts";
import { tailLogs } from "./tail.ts";

function piece(stream: number, text: string): string {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]).toString("utf8");
}

const engine = (logs: string): EngineClient => ({
  endpoint: { kind: "unix", socketPath: "/nowhere", url: "unix:///nowhere" },
  apiVersion: "1.41",
  call: async (_, path) => ({
    status: 200,
    body:
      path === "/containers/json"
        ? [{ Id: "a", Names: ["/x-web-1"], Image: "i", Labels: {}, State: "exited", Status: "" }]
        : logs,
  }),
  lines: async function* () {},
});

test.each([
  ["short lines", ["listening", "bye"]],
  ["a line of ten bytes, whose length reads like a line end", ["123456789"]],
  ["a line longer than ASCII's last", ["x".repeat(200), "end"]],
])("the last words of a service come without the engine's framing: %s", async (_, lines) => {
  const logs = lines.map((line, index) => piece((index % 2) + 1, `${line}\n`)).join("");
  const signal = AbortSignal.timeout(1000);
  expect(await tailLogs(engine(logs), { composeProject: "p", service: "web", lines: 5 }, { signal })).toEqual(lines);
});

test("colours and control characters of a program do not reach the message", async () => {
  const logs = piece(1, "\u001B[31mred\u001B[0m\u0007 alert\n");
  const signal = AbortSignal.timeout(1000);
  expect(await tailLogs(engine(logs), { composeProject: "p", service: "web", lines: 5 }, { signal })).toEqual([
    "red alert",
  ]);
});
