import { expect, test } from "vitest";
import { logLine } from "./log-line.ts";

test.each([
  [
    "web-1  | 2026-11-24T00:09:19.123Z GET /",
    { service: "web", index: 1, time: "2026-11-24T00:09:19.123Z", line: "GET /" },
  ],
  [
    "my-api-12 | 2026-11-24T00:09:19Z a | b",
    { service: "my-api", index: 12, time: "2026-11-24T00:09:19Z", line: "a | b" },
  ],
  ["web-1  | ", { service: "web", index: 1, line: "" }],
  ["no prefix at all", { service: "", line: "no prefix at all" }],
])("reads the log line %j", (text, expected) => {
  expect(logLine(text)).toEqual(expected);
});
