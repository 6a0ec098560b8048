import { WireGuardKey, createServerClient } from "@cilo/api";
import { generateWireGuardKeys } from "@cilo/network";
import { expect, test } from "vitest";
import { createRunning } from "../testing/environments.ts";
import { startTestServer } from "../testing/test-server.ts";

const signal = AbortSignal.timeout(120_000);

test("a revoked key is refused by every server at once; its open streams end and its peers are cut, others' stay", async () => {
  const server = await startTestServer();
  const another = await server.another();
  const machine = await server.addMachine();
  const admin = await server.client("admin");
  const client = await server.client("developer");
  const elsewhere = createServerClient({ baseUrl: another.url, token: () => client.key });
  const { id } = await createRunning(client, "agent-1");
  const peers = [client, admin].map((owner) => ({ owner, key: WireGuardKey.parse(generateWireGuardKeys().publicKey) }));
  for (const { owner, key } of peers)
    await owner.exchangeKeys({
      body: { environmentId: id, clientPublicKey: key, device: "d", usedRoutes: [] },
      signal,
    });
  const streams = await Promise.all(
    [client, elsewhere].map(async (one) => await one.environmentEvents({ params: { id }, signal })),
  );
  for (const stream of streams) expect((await stream.next()).value).toMatchObject({ kind: "state", status: "running" });

  const keyId = (await client.serverStatus({ signal })).key.id;
  await admin.revokeKey({ params: { id: keyId }, signal });

  for (const one of [client, elsewhere])
    await expect(one.serverStatus({ signal })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  for (const stream of streams) await drain(stream);
  const left = [...server.machines.machine(machine.id).peers.keys()];
  expect(left).toEqual([peers[1]?.key]);
});

/** Ends when the stream does, cleanly or cut off; hangs, and so fails, when it stays open. */
async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch (error) {
    expect(error).toMatchObject({ code: "SERVER_UNREACHABLE" });
  }
}
