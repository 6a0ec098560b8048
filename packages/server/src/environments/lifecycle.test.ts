import type { EnvironmentStatus, ServerClient, EnvironmentId } from "@cilo/api";
import { poll } from "@cilo/base";
import { expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";

const signal = AbortSignal.timeout(60_000);

export async function until(client: ServerClient, id: EnvironmentId, status: EnvironmentStatus) {
  return await poll(
    async () => {
      const now = await client.getEnvironment({ params: { id }, signal });
      return now.status === status ? now : undefined;
    },
    { signal, timeoutMs: 20_000, what: `${id} to be ${status}` },
  );
}

test("an environment is created, synced, run, stopped, started and destroyed by the API alone", async () => {
  const server = await startTestServer();
  await server.addMachine();
  const client = await server.client("developer");
  const body = { name: "agent-1", project: "shop", format: "compose" } as const;
  const created = await client.createEnvironment({ body, signal });
  expect(created).toMatchObject({ status: "provisioning", block: expect.stringMatching(/^10\.224\.\d+\.\d+\/27$/u) });
  const { id } = created;
  await until(client, id, "syncing");
  await client.syncEnvironment({ params: { id }, signal });
  const running = await until(client, id, "running");
  expect(running.services.map(({ name, ports }) => ({ name, ports }))).toEqual([
    { name: "web", ports: [3000] },
    { name: "db", ports: [3001] },
  ]);
  await client.stopEnvironment({ params: { id }, signal });
  await until(client, id, "stopped");
  await client.startEnvironment({ params: { id }, signal });
  await until(client, id, "running");
  await client.destroyEnvironment({ params: { id }, signal });
  expect(await until(client, id, "destroyed")).toMatchObject({ block: null, services: [], deadline: null });
});
