import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { poll, run } from "@cilo/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestMachine, newOperation, startTestMachine } from "./testing/machine.ts";
import { type Device, addressOf, bringUp, ended, get, newDevice, site, upload } from "./testing/project.ts";

const signal = (): AbortSignal => AbortSignal.timeout(170_000);

let machine: TestMachine;
let device: Device;
let at: string;
beforeAll(async () => {
  machine = await startTestMachine();
  await machine.startAgent();
  device = await newDevice(machine);
  at = `http://${addressOf(device, 1)}:8080/`;
  await upload(machine, device, site);
  expect(await bringUp(machine, device)).toMatchObject({ state: "running" });
});
afterAll(async () => await machine[Symbol.asyncDispose]());

const docker = async (...args: readonly string[]): Promise<string> =>
  (await run("docker", args, { env: machine.env, signal: signal() })).stdout.trim();

const answers = async (): Promise<void> => {
  const what = `${at} to answer`;
  await poll(async () => (await get(device.peer, at)) === "hello\n", { signal: signal(), timeoutMs: 60_000, what });
};

/** Everything of ours in the machine's tables, without counters. */
const tables = async (): Promise<string> => {
  const own = await machine.exec(["nft", "--stateless", "list", "table", "ip", `cilo_agent_${machine.interface}`]);
  return own + (await machine.exec(["iptables", "-S", "DOCKER-USER"]));
};

test("services answer while the agent is away, and killed and started again it doubles nothing", async () => {
  const before = await tables();
  for (const how of ["SIGTERM", "SIGKILL"] as const) {
    await machine.stopAgent(how);
    expect(await get(device.peer, at)).toBe("hello\n");
    await machine.startAgent();
    expect(await tables()).toBe(before);
    await upload(machine, device, site);
    await answers();
  }
});

test("an operation that was under way when the agent was killed is gone on with", async () => {
  const { environmentId } = device;
  const operationId = newOperation();
  await machine.server.down({ body: { environmentId, operationId }, signal: signal() });
  await machine.stopAgent("SIGKILL");
  await machine.startAgent();
  expect(await ended(machine, environmentId, operationId)).toMatchObject({ state: "stopped" });
  await bringUp(machine, device);
  await answers();
});

test("a machine that lost interface and tables has them again", async () => {
  await machine.stopAgent("SIGKILL");
  await machine.exec(["ip", "link", "delete", machine.interface]);
  await machine.exec(["nft", "delete", "table", "ip", `cilo_agent_${machine.interface}`]);
  await machine.exec(["iptables", "-F", "DOCKER-USER"]);
  await machine.startAgent();
  await answers();
});

test("services answer where the engine drops what is sent to containers directly, as Docker 28 does", async () => {
  const rule = ["PREROUTING", "-d", "10.223.0.0/16", "!", "-i", "br-+", "-j", "DROP"];
  await machine.exec(["iptables", "-t", "raw", "-I", ...rule]);
  await answers();
  await machine.exec(["iptables", "-t", "raw", "-D", ...rule]);
});

test("a container that puts a link where a mount of it was gets nothing of the machine's", async () => {
  const hostile = await newDevice(machine);
  await upload(machine, hostile, {
    "data/mine": "",
    "compose.yaml": `services:
  evil:
    image: busybox
    command: ["sleep", "3600"]
    volumes: [".:/work"]
  victim:
    image: busybox
    command: ["sleep", "3600"]
    volumes: ["./data:/data"]
`,
  });
  expect(await bringUp(machine, hostile)).toMatchObject({ state: "running" });
  const container = async (service: string): Promise<string> =>
    await docker("ps", "--quiet", "--filter", `label=cilo.service=${service}`);
  const [evil, victim] = [await container("evil"), await container("victim")];
  await docker("exec", evil, "sh", "-c", "mv /work/data /work/aside && ln -s / /work/data");
  await docker("restart", "--time", "0", victim);
  expect(await docker("exec", victim, "ls", "/data")).toBe("mine");
});

test("refuses to start where the address is not of the tunnel", async () => {
  const config: unknown = JSON.parse(await readFile(join(machine.folder, "config.json"), "utf8"));
  const wrong = join(machine.folder, "wrong.json");
  await writeFile(wrong, JSON.stringify({ ...Object(config), address: "192.0.2.1" }));
  const main = join(import.meta.dirname, "main.ts");
  const places = ["--state", join(machine.folder, "other"), "--run", join(machine.folder, "other-run")];
  const program = [process.execPath, main, "run", ...places, "--config", wrong, "--interface", "cilo901"];
  const { stderr, exitCode } = await run("nsenter", [`--net=/run/netns/${machine.namespace}`, "--", ...program], {
    env: machine.env,
    signal: signal(),
    expect: [1],
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("AGENT_NOT_ON_TUNNEL");
});
