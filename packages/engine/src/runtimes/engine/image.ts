import * as z from "zod/mini";
import type { ImageDetails } from "../runtime.ts";
import type { EngineClient } from "./client.ts";

const texts = z.optional(z.nullable(z.array(z.string())));
const Inspected = z.object({
  Id: z.string(),
  Config: z.object({
    User: z.optional(z.string()),
    Entrypoint: texts,
    Cmd: texts,
    Labels: z.optional(z.nullable(z.record(z.string(), z.string()))),
  }),
});

/** An image by its name; `undefined` when there is none. */
export async function readImage(
  client: EngineClient,
  reference: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<ImageDetails | undefined> {
  const answer = await client.call("GET", `/images/${encodeURIComponent(reference)}/json`, { signal, expect: [404] });
  if (answer.status === 404) return undefined;
  const { Id, Config } = Inspected.parse(answer.body);
  return {
    id: Id,
    user: Config.User ?? "",
    entrypoint: Config.Entrypoint ?? [],
    command: Config.Cmd ?? [],
    labels: Config.Labels ?? {},
  };
}
