import type { EngineClient } from "./client.ts";

/** Gives a name (`repository` or `repository:tag`) to an image, taking it from the one that has it. */
export async function tagImage(
  client: EngineClient,
  { imageId, name }: { readonly imageId: string; readonly name: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const colon = name.lastIndexOf(":");
  const hasTag = colon > name.lastIndexOf("/");
  const query = { repo: hasTag ? name.slice(0, colon) : name, tag: hasTag ? name.slice(colon + 1) : "latest" };
  await client.call("POST", `/images/${encodeURIComponent(imageId)}/tag`, { signal, query });
}
