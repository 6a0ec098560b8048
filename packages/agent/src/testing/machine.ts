import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { poll, run } from "@cilo/base";
import {
  type AgentClient,
  type CredentialClaims,
  EnvironmentId,
  KeyId,
  MachineId,
  OperationId,
  WireGuardKey,
  createAgentClient,
  createCredentialKeys,
  createSigner,
} from "@cilo/api";
import * as z from "zod";
import { generatePresharedKey, generateWireGuardKeys } from "@cilo/network";

/**
 * A real machine for tests, within this one: a network namespace with an engine, a WireGuard interface and firewall
 * tables of its own, and the agent as a process in it. Peers are further namespaces with a way to it.
 */
export interface TestMachine extends AsyncDisposable {
  readonly folder: string;
  readonly machineId: MachineId;
  /** Its network namespace. */
  readonly namespace: string;
  /** Its WireGuard interface. */
  readonly interface: string;
  readonly address: string;
  /** Environment variables for `docker` on this machine's engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs a program in the machine's namespace. */
  exec(argv: readonly string[], expect?: readonly number[]): Promise<string>;
  /** `as`: Node's arguments and variables, instead of the sources on a plain Node. */
  startAgent(as?: AgentProcess): Promise<void>;
  /** SIGTERM, or SIGKILL. */
  stopAgent(signal?: NodeJS.Signals): Promise<void>;
  agentPid(): number;
  agentLog(): Promise<string>;
  /** A peer of the given tunnel address, with its own namespace and interface. */
  peer(address: string): Promise<TestPeer>;
  sign(claims: CredentialClaims): Promise<string>;
  /** A client that calls as the server. */
  readonly server: AgentClient;
  readonly serverPeer: TestPeer;
  /** Runs a command in a service, from a peer. */
  execFrom(peer: TestPeer, request: ExecRequest): Promise<{ stdout: string; stderr: string; code: number | string }>;
  /** A program in the machine's namespace that listens on a port of all its addresses. */
  spawnListener(port: number): ChildProcess;
  killEngine(): Promise<void>;
  startEngine(): Promise<void>;
}

export interface ExecRequest {
  readonly token: string;
  readonly environmentId: EnvironmentId;
  readonly start: { service: string; command: string[]; env?: Record<string, string> };
  readonly input: string;
}

export interface AgentProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface TestPeer {
  readonly address: string;
  readonly publicKey: WireGuardKey;
  readonly presharedKey: WireGuardKey;
  exec(
    argv: readonly string[],
    expect?: readonly number[],
  ): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  readonly namespace: string;
  readonly interface: string;
  /** `fetch` from within the peer's namespace. */
  readonly fetch: typeof fetch;
}

const signal = (): AbortSignal => AbortSignal.timeout(120_000);
const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };

const SERVICES = "10.224.0.0/16";

export async function startTestMachine(): Promise<TestMachine> {
  await using stack = new AsyncDisposableStack();
  const tag = randomInt(0x10000).toString(16).padStart(4, "0");
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cilo-agent-")));
  stack.defer(async () => await rm(folder, { recursive: true, force: true }));
  const space = await makeNamespace(stack, `cilo-${tag}-m`);
  await space(["ip", "link", "add", "br0", "type", "bridge"]);
  await space(["ip", "addr", "add", "192.0.2.1/24", "dev", "br0"]);
  await space(["ip", "link", "set", "br0", "up"]);
  const keys = await createCredentialKeys();
  const signer = await createSigner(keys);
  const machineId = MachineId.parse(`mach_${"0".repeat(16)}${tag}`);
  const address = "10.225.0.2";
  const docker = `unix://${folder}/docker.sock`;
  const agentEnv = { ...env, DOCKER_HOST: docker };
  let engine: ChildProcess | undefined;
  let agent: ChildProcess | undefined;
  let peers = 0;
  /** What is made later is undone before the rest. */
  let owner: AsyncDisposableStack = stack;

  const peer = async (peerAddress: string): Promise<TestPeer> => {
    peers += 1;
    const name = `cilo-${tag}-p${peers}`;
    const inside = await makeNamespace(owner, name);
    await space(["ip", "link", "add", `v${peers}`, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await space(["ip", "link", "set", `v${peers}`, "master", "br0", "up"]);
    await inside(["ip", "addr", "add", `192.0.2.${10 + peers}/24`, "dev", "eth0"]);
    await inside(["ip", "link", "set", "eth0", "up"]);
    const { privateKey, publicKey } = generateWireGuardKeys();
    const presharedKey = generatePresharedKey();
    const wg = `t${tag}${peers}`;
    const go = spawn("nsenter", [`--net=/run/netns/${name}`, "wireguard-go", "-f", wg], { env, stdio: "ignore" });
    owner.defer(async () => await end(go, "SIGTERM"));
    await poll(async () => (await inside(["wg", "show", wg], [0, 1])) !== "", { ...within("wireguard-go") });
    await writeFile(join(folder, `${name}.key`), privateKey, { mode: 0o600 });
    await writeFile(join(folder, `${name}.psk`), presharedKey, { mode: 0o600 });
    const machineKey = (await readFile(join(folder, "public-key"), "utf8")).trim();
    const isServer = peers === 1;
    const psk = isServer ? [] : ["preshared-key", join(folder, `${name}.psk`)];
    const ranges = `${address}/32,${SERVICES}`;
    await inside(["wg", "set", wg, "private-key", join(folder, `${name}.key`), "peer", machineKey, ...psk]);
    await inside(["wg", "set", wg, "peer", machineKey, "allowed-ips", ranges, "endpoint", "192.0.2.1:51820"]);
    await inside(["ip", "addr", "add", `${peerAddress}/32`, "dev", wg]);
    await inside(["ip", "link", "set", wg, "mtu", "1280", "up"]);
    for (const range of [`${address}/32`, SERVICES, "10.223.0.0/16"])
      await inside(["ip", "route", "add", range, "dev", wg]);
    return {
      address: peerAddress,
      publicKey: WireGuardKey.parse(publicKey),
      presharedKey: WireGuardKey.parse(presharedKey),
      exec: async (argv, expect) =>
        await run("nsenter", [`--net=/run/netns/${name}`, "--", ...argv], {
          env,
          signal: signal(),
          expect: expect ?? [0],
        }),
      fetch: fetchThrough(name),
      namespace: name,
      interface: wg,
    };
  };

  const startEngine = async (): Promise<void> => {
    const log = createWriteStream(join(folder, "dockerd.log"), { flags: "a" });
    await new Promise((resolve) => log.once("open", resolve));
    engine = spawn(
      "nsenter",
      [
        `--net=/run/netns/cilo-${tag}-m`,
        "dockerd",
        `--data-root=${join(folder, "data")}`,
        `--exec-root=${join(folder, "exec")}`,
        `--pidfile=${join(folder, "dockerd.pid")}`,
        `--host=${docker}`,
        "--bip=172.28.0.1/24",
      ],
      { env, stdio: ["ignore", log, log] },
    );
    await poll(
      async () =>
        (await run("docker", ["version"], { env: agentEnv, signal: signal(), expect: [0, 1] })).exitCode === 0,
      { ...within("dockerd"), timeoutMs: 60_000 },
    );
  };
  const stopEngine = async (how: NodeJS.Signals): Promise<void> => {
    if (engine !== undefined) await end(engine, how);
    engine = undefined;
  };
  stack.defer(async () => {
    await run("umount", ["--lazy", "--recursive", "--", join(folder, "data")], {
      env,
      signal: signal(),
      expect: [0, 1, 32],
    });
  });
  stack.defer(async () => await stopEngine("SIGTERM"));
  await startEngine();
  await loadImage("busybox:latest", agentEnv);

  const main = join(import.meta.dirname, "..", "main.ts");
  // wireguard-go keeps its sockets in one folder for all namespaces.
  const wgName = `cilo${randomInt(100, 1000)}`;
  const places = [
    "--state",
    join(folder, "state"),
    "--run",
    join(folder, "run"),
    "--config",
    join(folder, "config.json"),
    "--interface",
    wgName,
  ];
  const { stdout } = await run(process.execPath, [main, "public-key", ...places], { env, signal: signal() });
  await writeFile(join(folder, "public-key"), stdout);
  const serverPeer = await peer("10.225.0.1");
  await writeFile(
    join(folder, "config.json"),
    JSON.stringify({
      machineId,
      address,
      listenPort: 51820,
      endpoint: "192.0.2.1:51820",
      credentialKey: keys.publicKey,
      servers: [{ publicKey: serverPeer.publicKey, address: serverPeer.address }],
      pools: { containers: "10.223.0.0/16", services: SERVICES, devices: "10.225.0.0/16" },
      engine: "docker",
      firewall: false,
      sshPort: 22,
    }),
  );
  const stopAgent = async (how: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    if (agent !== undefined) await end(agent, how);
    agent = undefined;
  };
  stack.defer(async () => {
    await stopAgent();
    await space([process.execPath, main, "remove", ...places], [0, 1], agentEnv);
    await unmountBelow(join(folder, "run"));
  });
  const sign = async (claims: CredentialClaims): Promise<string> => await signer.sign(claims, { nowMs: Date.now() });
  const server = createAgentClient({
    baseUrl: `http://${address}:8080`,
    token: async () => await sign({ role: "server", machineId }),
    fetch: serverPeer.fetch,
  });
  const resources = stack.move();
  owner = resources;
  return {
    folder,
    machineId,
    namespace: `cilo-${tag}-m`,
    interface: wgName,
    address,
    env: agentEnv,
    exec: space,
    async startAgent(as = { argv: [main], env: {} }) {
      await mkdir(folder, { recursive: true });
      const log = createWriteStream(join(folder, "agent.log"), { flags: "a" });
      await new Promise((resolve) => log.once("open", resolve));
      const child = spawn(
        "nsenter",
        [`--net=/run/netns/cilo-${tag}-m`, "--", process.execPath, ...as.argv, "run", ...places],
        { env: { ...agentEnv, ...as.env }, stdio: ["ignore", log, log] },
      );
      agent = child;
      await poll(
        async () => {
          if (child.exitCode !== null) throw new Error(await readFile(join(folder, "agent.log"), "utf8"));
          return await server.health({ signal: signal() }).catch(() => undefined);
        },
        { ...within("the agent"), timeoutMs: 60_000 },
      );
    },
    stopAgent,
    agentPid: () => agent?.pid ?? 0,
    agentLog: async () => await readFile(join(folder, "agent.log"), "utf8"),
    peer,
    sign,
    server,
    serverPeer,
    async execFrom(from, request) {
      const program = join(import.meta.dirname, "exec-inside.ts");
      const { stdout: answer } = await run(
        "nsenter",
        [`--net=/run/netns/${from.namespace}`, "--", process.execPath, program],
        { env, signal: signal(), input: JSON.stringify({ ...request, baseUrl: `http://${address}:8080` }) },
      );
      return ExecAnswer.parse(JSON.parse(answer));
    },
    spawnListener: (port) => {
      const program = `require("node:net").createServer((s) => s.end()).listen(${port}, "0.0.0.0")`;
      return spawn("nsenter", [`--net=/run/netns/cilo-${tag}-m`, "--", process.execPath, "-e", program], { env });
    },
    killEngine: async () => await stopEngine("SIGKILL"),
    startEngine,
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

/** Adds a peer to an environment, as a server does after an exchange, and answers a client with its credential. */
export async function connectDevice(
  machine: TestMachine,
  request: { readonly environmentId: EnvironmentId; readonly block: string; readonly peer: TestPeer },
): Promise<AgentClient> {
  const { environmentId, block, peer } = request;
  await machine.server.addPeer({
    body: {
      kind: "device",
      publicKey: peer.publicKey,
      presharedKey: peer.presharedKey,
      assignedIp: peer.address,
      device: "test",
      environmentId,
      block,
      leaseUntil: new Date(Date.now() + 3_600_000).toISOString(),
    },
    signal: signal(),
  });
  return clientOf(machine, { environmentId, peer });
}

/** A client of one environment, calling from a peer. */
export function clientOf(
  machine: TestMachine,
  device: Pick<ExecRequest, "environmentId"> & { peer: TestPeer },
): AgentClient {
  return createAgentClient({
    baseUrl: `http://${machine.address}:8080`,
    token: async () => await credentialOf(machine, device),
    fetch: device.peer.fetch,
  });
}

/** The credential of a device for an environment. */
export async function credentialOf(
  machine: TestMachine,
  { environmentId, peer }: Pick<ExecRequest, "environmentId"> & { peer: TestPeer },
): Promise<string> {
  const keyId = KeyId.parse("key_0123456789abcdefghij");
  const { machineId } = machine;
  return await machine.sign({ role: "environment", machineId, environmentId, address: peer.address, keyId });
}

const ExecAnswer = z.object({ stdout: z.string(), stderr: z.string(), code: z.union([z.number(), z.string()]) });

let counter = 0;

/** An identifier that no other test has. */
export function newEnvironment(): EnvironmentId {
  return EnvironmentId.parse(`env_${suffix()}`);
}

export function newOperation(): OperationId {
  return OperationId.parse(`op_${suffix()}`);
}

function suffix(): string {
  counter += 1;
  return `${process.pid.toString(36)}${counter.toString(36)}`.padStart(20, "0");
}

type InNamespace = (
  argv: readonly string[],
  expect?: readonly number[],
  env?: Readonly<Record<string, string | undefined>>,
) => Promise<string>;

async function makeNamespace(stack: AsyncDisposableStack, name: string): Promise<InNamespace> {
  await run("ip", ["netns", "add", name], { env, signal: signal() });
  stack.defer(async () => {
    await run("ip", ["netns", "delete", name], { env, signal: signal(), expect: [0, 1] });
  });
  const inside: InNamespace = async (argv, expect = [0], variables = env) =>
    (await run("nsenter", [`--net=/run/netns/${name}`, "--", ...argv], { env: variables, signal: signal(), expect }))
      .stdout;
  await inside(["ip", "link", "set", "lo", "up"]);
  return inside;
}

async function loadImage(image: string, to: Readonly<Record<string, string | undefined>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cilo-image-"));
  try {
    const file = join(folder, "image.tar");
    await run("docker", ["save", "--output", file, image], { env: process.env, signal: signal() });
    await run("docker", ["load", "--input", file], { env: to, signal: signal() });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function end(child: ChildProcess, how: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(how);
  const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(late);
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((one) => one.startsWith(`${folder}/`)))
    await run("umount", ["--lazy", "--", mount], { env, signal: signal(), expect: [0, 1, 32] });
}

function within(what: string): { signal: AbortSignal; timeoutMs: number; intervalMs: number; what: string } {
  return { signal: signal(), timeoutMs: 20_000, intervalMs: 50, what };
}

/** Each call is a Node of its own in that namespace; answers are passed on as they come. */
function fetchThrough(name: string): typeof fetch {
  const program = join(import.meta.dirname, "fetch-inside.ts");
  return async (input, init) => {
    const request = JSON.stringify({
      url: input instanceof Request ? input.url : input.toString(),
      method: init?.method,
      headers: init?.headers,
      body: init?.body ?? undefined,
    });
    const child = spawn("nsenter", [`--net=/run/netns/${name}`, "--", process.execPath, program], { env });
    const stop = (): void => void child.kill("SIGKILL");
    init?.signal?.addEventListener("abort", stop, { once: true });
    child.once("exit", () => init?.signal?.removeEventListener("abort", stop));
    child.stderr.resume();
    child.stdin.end(request);
    const chunks: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]();
    let head = "";
    while (!head.includes("\n")) {
      const next = await chunks.next();
      if (next.done === true) throw new TypeError("fetch failed");
      head += String(next.value);
    }
    const end = head.indexOf("\n");
    const status = Number(head.slice(0, end));
    const rest = head.slice(end + 1);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (rest !== "") controller.enqueue(Buffer.from(rest));
      },
      pull: async (controller) => {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(Buffer.from(next.value));
      },
      cancel: stop,
    });
    return new Response(status === 204 ? null : body, { status });
  };
}
