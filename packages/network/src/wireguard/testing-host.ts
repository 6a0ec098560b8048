import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { poll, run } from "@cilo/base";
import { onTestFinished } from "vitest";

/** A machine of a test's own: network, mounts and processes. What is started in it ends with the test. */
export interface TestHost {
  /** As `run` of base, inside. */
  readonly run: typeof run;
  /** Process id of its first process, as seen from outside. */
  readonly pid: number;
}

const PATH = `${process.env["PATH"]}:/usr/sbin:/sbin`;

/** Starts one. It has a loopback interface that is up, and nothing in /run. */
export async function testHost(): Promise<TestHost> {
  const asUser = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const set = "mount -t tmpfs tmpfs /run && ip link set lo up && echo ready && exec sleep infinity";
  const spaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const holder = spawn("unshare", [...asUser, ...spaces, "sh", "-c", set], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH },
  });
  onTestFinished(async () => await end(holder));
  await once(holder.stdout, "data");
  const pid = Number((await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8")).trim());
  const user = asUser.length === 0 ? [] : ["--user", "--preserve-credentials"];
  const enter = ["--target", String(pid), ...user, "--mount", "--net", "--pid"];
  return { pid, run: (file, args, options) => run("nsenter", [...enter, "--", file, ...args], options) };
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, "exit");
  holder.kill("SIGKILL");
  await ended;
}

/** Connects two hosts by a cable: `192.0.2.1` at one end, `192.0.2.2` at the other. */
export async function connectHosts(one: TestHost, two: TestHost, signal: AbortSignal): Promise<void> {
  const options = { signal, env: { PATH } };
  const asRoot = ["--target", String(one.pid), ...(process.getuid?.() === 0 ? [] : ["--user"]), "--net", "--"];
  const cable = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", String(two.pid)];
  await run("nsenter", [...asRoot, ...cable], options);
  for (const [host, address] of [
    [one, "192.0.2.1/24"],
    [two, "192.0.2.2/24"],
  ] as const) {
    await host.run("ip", ["addr", "add", address, "dev", "eth0"], options);
    await host.run("ip", ["link", "set", "eth0", "up"], options);
  }
}

/** Waits until `address` answers a ping from the host. */
export async function untilReachable(host: TestHost, address: string, signal: AbortSignal): Promise<void> {
  const answers = async (): Promise<boolean> =>
    (await host.run("ping", ["-c1", "-W1", address], { signal, env: { PATH }, expect: [0, 1] })).exitCode === 0;
  await poll(answers, { signal, timeoutMs: 30_000, what: `${address} to answer` });
}
