import type { Environment, EnvironmentId, EnvironmentStatus, ServerClient } from "@cilo/api";
import { poll } from "@cilo/base";

/** The environment once it has the status. */
export async function until(client: ServerClient, id: EnvironmentId, status: EnvironmentStatus): Promise<Environment> {
  const signal = AbortSignal.timeout(60_000);
  return await poll(
    async () => {
      const now = await client.getEnvironment({ params: { id }, signal });
      return now.status === status ? now : undefined;
    },
    { signal, timeoutMs: 30_000, what: `${id} to be ${status}` },
  );
}

/** A new environment that runs. */
export async function createRunning(
  client: ServerClient,
  name: string,
  more: { exclusive?: boolean } = {},
): Promise<Environment> {
  const signal = AbortSignal.timeout(60_000);
  const { id } = await client.createEnvironment({
    body: { name, project: "shop", format: "compose", ...more },
    signal,
  });
  await until(client, id, "syncing");
  await client.syncEnvironment({ params: { id }, signal });
  return await until(client, id, "running");
}
