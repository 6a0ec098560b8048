import { CiloError } from "@cilo/base";
import type * as z from "zod";

export const LINES_TYPE = "application/x-ndjson";

/** The values of a stream of JSON lines, one by one. Empty lines are signs of life and are passed over. */
export async function* readLines<Schema extends z.ZodType>(
  body: AsyncIterable<Uint8Array>,
  schema: Schema,
): AsyncGenerator<z.infer<Schema>> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) throw new CiloError("ANSWER_INVALID", "a line of the stream is longer than 1 MB");
    for (const line of lines) if (line.trim() !== "") yield schema.parse(JSON.parse(line));
  }
  if (rest.trim() !== "") yield schema.parse(JSON.parse(rest));
}

const LONGEST_LINE = 1024 * 1024;
