import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { poll } from "@cilo/base";
import type { AgentClient, AgentEnvironment, EnvironmentId, OperationId } from "@cilo/api";
import { type TestMachine, type TestPeer, connectDevice, newEnvironment, newOperation } from "./machine.ts";

const signal = (): AbortSignal => AbortSignal.timeout(120_000);

/** An environment on a test machine and a device that uses it. */
export interface Device {
  readonly environmentId: EnvironmentId;
  readonly block: string;
  readonly peer: TestPeer;
  readonly client: AgentClient;
}

let used = 0;

/** A new environment with a block, and a new device of its own. */
export async function newDevice(machine: TestMachine): Promise<Device> {
  used += 1;
  const block = `10.224.${Math.floor(used / 8)}.${(used % 8) * 32}/27`;
  const environmentId = newEnvironment();
  const peer = await machine.peer(`10.225.1.${used}`);
  return { environmentId, block, peer, client: await connectDevice(machine, { environmentId, block, peer }) };
}

/** The n-th address of its block: its services get them in the order they are named. */
export function addressOf({ block }: Device, n: number): string {
  const [a, b, c, d] = (block.split("/")[0] ?? "").split(".");
  return `${a}.${b}.${c}.${Number(d) + n}`;
}

/** File → its text, or with a leading `-> ` where a link leads. */
export type Files = Readonly<Record<string, string>>;

/** Uploads exactly these files, by rsync from the device. */
export async function upload(machine: TestMachine, device: Device, files: Files): Promise<void> {
  const { environmentId, client } = device;
  const access = await client.sync({ body: { environmentId }, signal: signal() });
  const source = await mkdtemp(join(machine.folder, "source-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    if (text.startsWith("-> ")) await symlink(text.slice(3), join(source, path));
    else await writeFile(join(source, path), text);
  }
  await rsync(device, access.password, ["-a", "--delete", `${source}/`, `${access.user}@${address(access.url)}`]);
  await rm(source, { recursive: true });
}

/** Runs rsync on the device; answers its exit status. */
export async function rsync({ peer }: Device, password: string, args: readonly string[]): Promise<number> {
  const { exitCode, stderr } = await peer.exec(["env", `RSYNC_PASSWORD=${password}`, "rsync", ...args.map(url)], ANY);
  if (exitCode !== 0 && args.includes("--delete")) throw new Error(stderr);
  return exitCode;
}

const ANY = Array.from({ length: 128 }, (_, status) => status);

function address(moduleUrl: string): string {
  return moduleUrl.replace("rsync://", "");
}

function url(argument: string): string {
  return /^[\w-]+@\d/u.test(argument) ? `rsync://${argument}` : argument;
}

/** Has the server bring it up, and answers how that ended. */
export async function bringUp(machine: TestMachine, device: Device, name = "agent-1"): Promise<AgentEnvironment> {
  const operationId = newOperation();
  const { environmentId, block } = device;
  const body = { environmentId, operationId, name, project: "demo", format: "compose", block } as const;
  await machine.server.up({ body: { ...body, allowPrivileged: false }, signal: signal() });
  return await ended(machine, environmentId, operationId);
}

export async function ended(
  machine: TestMachine,
  environmentId: EnvironmentId,
  operationId: OperationId,
): Promise<AgentEnvironment> {
  return await poll(
    async () => {
      const query = { environmentId, operationId, waitMs: 20_000 };
      const status = await machine.server.status({ query, signal: signal() });
      return status.state === "working" ? undefined : status;
    },
    { signal: signal(), timeoutMs: 90_000, what: "the operation" },
  );
}

/** A web server on port 8080 that serves the folder `site`. */
export const site: Files = {
  "compose.yaml": `services:
  web:
    image: busybox
    command: ["httpd", "-f", "-p", "8080", "-h", "/srv"]
    volumes: ["./site:/srv"]
    ports: ["80:8080"]
`,
  "site/index.html": "hello\n",
};

/** What answers at the address, or `undefined` when nothing does within three seconds. */
export async function get(peer: TestPeer, at: string): Promise<string | undefined> {
  try {
    return await (await peer.fetch(at, { signal: AbortSignal.timeout(3000) })).text();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
