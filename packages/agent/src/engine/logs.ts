import type { LogLine } from "@cilo/api";
import * as z from "zod";
import { type EngineApi, demultiplex } from "./engine-api.ts";
import { merge } from "../merge.ts";

export interface LogRequest {
  readonly containers: readonly { readonly id: string; readonly service: string }[];
  readonly follow: boolean;
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  readonly signal: AbortSignal;
}

/** What the containers wrote, line by line, each container's in its order; with `follow` also what they will. */
export function readLogs(api: EngineApi, request: LogRequest): AsyncGenerator<LogLine> {
  return merge(request.containers.map((container) => linesOf(api, { ...request, container })));
}

const Container = z.object({ Config: z.object({ Tty: z.boolean() }) });

async function* linesOf(
  api: EngineApi,
  request: LogRequest & { readonly container: LogRequest["containers"][number] },
): AsyncGenerator<LogLine> {
  const { container, follow, tail, since, signal } = request;
  const { Config } = Container.parse(await api.call("GET", `/containers/${container.id}/json`, { signal }));
  const query = new URLSearchParams({
    stdout: "1",
    stderr: "1",
    timestamps: "1",
    ...(follow ? { follow: "1" } : {}),
    ...(tail === undefined ? {} : { tail: String(tail) }),
    ...(since === undefined ? {} : { since: String(Date.parse(since) / 1000) }),
  });
  const response = await api.stream(`/containers/${container.id}/logs?${query.toString()}`, signal);
  const parts = Config.Tty ? raw(response) : demultiplex(response);
  const rests = { stdout: "", stderr: "" };
  for await (const { stream, data } of parts) {
    const lines = (rests[stream] + data.toString("utf8")).split("\n");
    rests[stream] = (lines.pop() ?? "").slice(-MOST_PER_LINE);
    for (const line of lines) yield logLine(container.service, stream, line);
  }
  for (const stream of ["stdout", "stderr"] as const)
    if (rests[stream] !== "") yield logLine(container.service, stream, rests[stream]);
}

const MOST_PER_LINE = 256 * 1024;

async function* raw(source: AsyncIterable<Uint8Array>): AsyncGenerator<{ stream: "stdout"; data: Buffer }> {
  for await (const data of source) yield { stream: "stdout", data: Buffer.from(data) };
}

function logLine(service: string, stream: LogLine["stream"], text: string): LogLine {
  const space = text.indexOf(" ");
  const time = Date.parse(text.slice(0, space));
  const line = text
    .slice(space + 1)
    .replace(/\r$/u, "")
    .slice(0, MOST_PER_LINE);
  return { service, stream, line, ...(Number.isNaN(time) ? {} : { time: new Date(time).toISOString() }) };
}
