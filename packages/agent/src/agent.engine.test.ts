import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { poll, run } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestMachine, credentialOf, newOperation, startTestMachine } from "./testing/machine.ts";
import { addressOf, bringUp, type Device, ended, get, newDevice, rsync, site, upload } from "./testing/project.ts";

const signal = (): AbortSignal => AbortSignal.timeout(120_000);

let machine: TestMachine;
beforeAll(async () => {
  machine = await startTestMachine();
  await machine.startAgent();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

async function running(files = site): Promise<Device> {
  const device = await newDevice(machine);
  await upload(machine, device, files);
  expect(await bringUp(machine, device)).toMatchObject({ state: "running", operation: { state: "done" } });
  return device;
}

const docker = async (...args: readonly string[]): Promise<string> =>
  (await run("docker", args, { env: machine.env, signal: signal() })).stdout.trim();

test("a device uploads a project, has it brought up, and reaches its service at the service's address", async () => {
  const device = await running();
  const status = await device.client.status({ query: { environmentId: device.environmentId }, signal: signal() });
  expect(status.services).toMatchObject([{ name: "web", ip: addressOf(device, 1), ports: [8080], state: "running" }]);
  expect(await get(device.peer, `http://${addressOf(device, 1)}:8080/`)).toBe("hello\n");
});

test("two teams' environments of one name run side by side", async () => {
  const [one, other] = [await running(), await running({ ...site, "site/index.html": "other\n" })];
  expect(await get(one.peer, `http://${addressOf(one, 1)}:8080/`)).toBe("hello\n");
  expect(await get(other.peer, `http://${addressOf(other, 1)}:8080/`)).toBe("other\n");
});

test("a service keeps its address when its container is made anew elsewhere", async () => {
  const device = await running();
  const at = `http://${addressOf(device, 1)}:8080/`;
  const [container = ""] = (await docker("ps", "-q", "--latest")).split("\n");
  const network = await docker(
    "inspect",
    "--format",
    "{{range $k, $v := .NetworkSettings.Networks}}{{$k}}{{end}}",
    container,
  );
  await docker("stop", "--time", "0", container);
  // Somebody takes the address that it had.
  await docker("run", "--detach", "--rm", "--name", "taker", "--network", network, "busybox", "sleep", "60");
  await docker("start", container);
  try {
    await poll(async () => (await get(device.peer, at)) === "hello\n", {
      signal: signal(),
      timeoutMs: 20_000,
      what: at,
    });
  } finally {
    await docker("rm", "--force", "taker");
  }
});

test("edits that are uploaded come up, and stop and start keep the address", async () => {
  const device = await running();
  const at = `http://${addressOf(device, 1)}:8080/`;
  await upload(machine, device, { ...site, "site/index.html": "edited\n" });
  await bringUp(machine, device);
  expect(await get(device.peer, at)).toBe("edited\n");
  const {
    workspaceUrl = "",
    user,
    password,
  } = await device.client.sync({
    body: { environmentId: device.environmentId },
    signal: signal(),
  });
  const back = await mkdtemp(join(machine.folder, "back-"));
  expect(await rsync(device, password, ["-a", `${user}@${workspaceUrl.replace("rsync://", "")}`, back])).toBe(0);
  expect(await readFile(join(back, "site/index.html"), "utf8")).toBe("edited\n");
  const operationId = newOperation();
  await machine.server.down({ body: { environmentId: device.environmentId, operationId }, signal: signal() });
  expect(await ended(machine, device.environmentId, operationId)).toMatchObject({ state: "stopped" });
  expect(await get(device.peer, at)).toBeUndefined();
  await bringUp(machine, device);
  expect(await get(device.peer, at)).toBe("edited\n");
});

test("an operation that is asked for twice runs once, and another meanwhile is refused", async () => {
  const device = await newDevice(machine);
  await upload(machine, device, site);
  const operationId = newOperation();
  const { environmentId, block } = device;
  const body = { environmentId, operationId, name: "agent-1", project: "demo", format: "compose", block } as const;
  const ask = async (id = operationId): Promise<unknown> =>
    await machine.server.up({ body: { ...body, operationId: id, allowPrivileged: false }, signal: signal() });
  await ask();
  await ask();
  await expect(ask(newOperation())).rejects.toMatchObject({ code: "OPERATION_IN_PROGRESS" });
  const { operation } = await ended(machine, environmentId, operationId);
  expect(operation).toMatchObject({ id: operationId, state: "done" });
});

test("a project that is wrong says what and where, and leaves nothing running", async () => {
  const device = await newDevice(machine);
  await upload(machine, device, { "compose.yaml": "services:\n  web: { imag: busybox }\n" });
  const failed = await bringUp(machine, device);
  expect(failed).toMatchObject({ state: "failed", services: [], operation: { error: { code: "PROJECT_INVALID" } } });
  expect(failed.operation?.error?.problems?.[0]?.message).toMatch(/imag/u);
});

test("destroy leaves nothing of an environment: no container, volume, network, folder, mount, peer or address", async () => {
  const before = await traces();
  const device = await running({ ...site, "compose.yaml": `${site["compose.yaml"]}    environment: { A: "1" }\n` });
  const operationId = newOperation();
  const { environmentId } = device;
  await machine.server.destroy({ body: { environmentId, operationId }, signal: signal() });
  expect((await ended(machine, environmentId, operationId)).state).toBe("absent");
  expect(await get(device.peer, `http://${addressOf(device, 1)}:8080/`)).toBeUndefined();
  expect(await traces()).toEqual(before);
  await machine.server.destroy({ body: { environmentId, operationId }, signal: signal() });
});

async function traces(): Promise<Record<string, readonly string[]>> {
  const lines = (text: string): string[] => text.trim().split("\n").sort();
  return {
    containers: lines(await docker("ps", "-aq")),
    volumes: lines(await docker("volume", "ls", "-q")),
    networks: lines(await docker("network", "ls", "-q")),
    folders: lines(
      await machine.exec(["ls", `${machine.folder}/state/environments`, `${machine.folder}/state/blocks`]),
    ),
    mounts: lines(await readFile("/proc/self/mounts", "utf8")).filter((one) => one.includes(`${machine.folder}/run`)),
    peers: lines(await machine.exec(["wg", "show", machine.interface, "peers"])),
    table: lines(
      (await machine.exec(["nft", "list", "map", "ip", `cilo_agent_${machine.interface}`, "services"])).replaceAll(
        ",",
        "\n",
      ),
    ),
  };
}

test("a command runs in a service, with its input, output and status", async () => {
  const device = await running();
  const exec = await machine.execFrom(device.peer, {
    token: await credentialOf(machine, device),
    environmentId: device.environmentId,
    start: { service: "web", command: ["sh", "-c", "cat; echo $A >&2; exit 7"], env: { A: "b" } },
    input: "from here\n",
  });
  expect(exec).toEqual({ stdout: "from here\n", stderr: "b\n", code: 7 });
});

test("what services write and what happens to them is streamed", async () => {
  const device = await newDevice(machine);
  const { environmentId } = device;
  await upload(machine, device, {
    "compose.yaml":
      "services:\n  job:\n    image: busybox\n    command: ['sh', '-c', 'echo one; echo two >&2; sleep 300']\n",
  });
  const stop = new AbortController();
  const events = await device.client.events({ query: { environmentId }, signal: stop.signal });
  const phase = (async () => {
    for await (const event of events) if (event.phase === "start") return event;
    return undefined;
  })();
  await bringUp(machine, device);
  expect(await phase).toMatchObject({ environmentId, kind: "phase" });
  stop.abort();
  const lines: string[] = [];
  for await (const { service, stream, line } of await device.client.logs({
    query: { environmentId },
    signal: signal(),
  }))
    lines.push(`${service} ${stream} ${line}`);
  expect(lines.sort()).toEqual(["job stderr two", "job stdout one"]);
});

test("what a service takes of the machine is told", async () => {
  const device = await running();
  const { environmentId } = device;
  const told = async (): Promise<number | undefined> =>
    (await machine.server.status({ query: { environmentId }, signal: signal() })).services[0]?.memoryBytes;
  expect(await poll(told, { signal: signal(), timeoutMs: 40_000, what: "memory to be measured" })).toBeGreaterThan(0);
});

test("use is counted by what comes for services, not by looking", async () => {
  const device = await running();
  const activity = async (): Promise<{ lastActive: string; payloadBytes: number }> => {
    const { environmentId } = device;
    return (await machine.server.status({ query: { environmentId }, signal: signal() })).activity;
  };
  const before = await activity();
  await machine.server.health({ signal: signal() });
  expect(await activity()).toEqual(before);
  await get(device.peer, `http://${addressOf(device, 1)}:8080/`);
  const after = await poll(
    async () => {
      const now = await activity();
      return now.payloadBytes > before.payloadBytes ? now : undefined;
    },
    { signal: signal(), timeoutMs: 40_000, what: "use to be counted" },
  );
  expect(after.lastActive > before.lastActive).toBe(true);
});
