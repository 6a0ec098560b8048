import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poll } from "@cilo/base";
import type { AgentEnvironment, EnvironmentId } from "@cilo/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type TestMachine,
  type TestPeer,
  connectDevice,
  newEnvironment,
  newOperation,
  startTestMachine,
} from "./testing/machine.ts";

const signal = (): AbortSignal => AbortSignal.timeout(120_000);

let machine: TestMachine;
beforeAll(async () => {
  machine = await startTestMachine();
  await machine.startAgent();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

const web = `services:
  web:
    image: busybox
    command: ["httpd", "-f", "-p", "8080", "-h", "/srv"]
    volumes: ["./site:/srv"]
    ports: ["80:8080"]
`;

test("a device uploads a project, has it brought up, and reaches its service at the service's address", async () => {
  const environmentId = newEnvironment();
  const block = "10.224.0.32/27";
  const peer = await machine.peer("10.225.0.11");
  const client = await connectDevice(machine, { environmentId, block, peer });
  await upload(peer, await client.sync({ body: { environmentId }, signal: signal() }), {
    "compose.yaml": web,
    "site/index.html": "hello\n",
  });
  const up = await bringUp(environmentId, block);
  expect(up).toMatchObject({ state: "running", services: [{ name: "web", ip: "10.224.0.33", ports: [8080] }] });
  expect(await get(peer, "http://10.224.0.33:8080/")).toBe("hello\n");
});

async function upload(
  peer: TestPeer,
  access: { url: string; user: string; password: string },
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const source = join(machine.folder, `source-${peer.address}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(source, path, ".."), { recursive: true });
    await writeFile(join(source, path), text);
  }
  const url = access.url.replace("rsync://", `rsync://${access.user}@`);
  await peer.exec(["env", `RSYNC_PASSWORD=${access.password}`, "rsync", "-a", "--delete", `${source}/`, url]);
}

async function bringUp(environmentId: EnvironmentId, block: string): Promise<AgentEnvironment> {
  const operationId = newOperation();
  const body = { environmentId, operationId, name: "agent-1", project: "demo", format: "compose", block } as const;
  await machine.server.up({ body: { ...body, allowPrivileged: false }, signal: signal() });
  return await ended(environmentId, operationId);
}

async function ended(
  environmentId: EnvironmentId,
  operationId: ReturnType<typeof newOperation>,
): Promise<AgentEnvironment> {
  return await poll(
    async () => {
      const status = await machine.server.status({
        query: { environmentId, operationId, waitMs: 20_000 },
        signal: signal(),
      });
      return status.state === "working" ? undefined : status;
    },
    { signal: signal(), timeoutMs: 90_000, what: "the operation" },
  );
}

async function get(peer: TestPeer, url: string): Promise<string> {
  return await (await peer.fetch(url, { signal: signal() })).text();
}
