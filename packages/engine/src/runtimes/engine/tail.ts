import { printable } from "@cilo/base";
import type { EngineClient } from "./client.ts";
import { listContainers } from "./containers.ts";
import { ComposeLabel } from "./labels.ts";

export interface TailRequest {
  readonly composeProject: string;
  readonly service: string;
  readonly lines: number;
}

/** The last lines that a service's containers wrote to stdout and stderr, without colours and control characters. */
export async function tailLogs(
  client: EngineClient,
  { composeProject, service, lines }: TailRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<string[]> {
  const labels = [`${ComposeLabel.project}=${composeProject}`, `${ComposeLabel.service}=${service}`];
  const containers = await listContainers(client, labels, { signal });
  const texts = await Promise.all(
    containers.map(async ({ Id }) => {
      const query = { stdout: "1", stderr: "1", tail: String(lines) };
      const { body } = await client.call("GET", `/containers/${Id}/logs`, { signal, query, expect: [404, 409, 501] });
      return typeof body === "string" ? body : "";
    }),
  );
  return texts.flatMap(linesOf).slice(-lines);
}

/**
 * Without a terminal the engine puts 8 bytes before each piece: the stream, three zeros, and a length, which for a line
 * that is of any use in a message has two zeros at its head.
 */
const PIECE_HEADER = /[\u0000-\u0002]\u0000{5}[\s\S]{2}/gu;

function linesOf(text: string): string[] {
  return text.replaceAll(PIECE_HEADER, "").split("\n").map(printable).filter(Boolean);
}
