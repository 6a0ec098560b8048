import { randomUUID } from "node:crypto";
import { execFile } from "node:child_process";
import { onTestFinished } from "vitest";
import { type Machine, describeMachine } from "../../../scripts/setup/machine.ts";
import * as faults from "../../../testbed/faults.ts";
import { registerMachines, removeMachines } from "../../../testbed/server.ts";
import { type HostName, checkout, hostNamed, topologyOf } from "../../../testbed/topology.ts";

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** Default: `dev` on laptops, root elsewhere. */
  readonly user?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A host of the testbed as a test sees it. Faults are taken back when the test has finished, passed or not. */
export interface TestHost {
  readonly name: HostName;
  readonly address: string;
  /** Runs a command on the host; a bad status is an answer, not an exception. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<Answer>;
  /** As `exec`, but fails the test unless the status is 0, and answers stdout without its last newline. */
  ok(argv: readonly string[], options?: ExecOptions): Promise<string>;
  /** Runs lines of shell, as `ok`. */
  sh(script: string, options?: ExecOptions): Promise<string>;
  /** Lets no packet pass, to the other host or at all. */
  cut(other?: HostName): Promise<void>;
  drop(percent: number): Promise<void>;
  heal(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  kill(): Promise<void>;
  /** Reboots it, or starts it after a kill. */
  restart(): Promise<void>;
  /** A folder on the host that is gone when the test has finished. */
  folder(): Promise<string>;
}

const topology = topologyOf(checkout);

/** The host of the testbed that is up. */
export async function testHost(name: HostName): Promise<TestHost> {
  const host = hostNamed(topology, name);
  const machine = await describeMachine(new AbortController().signal);
  const exec = async (argv: readonly string[], options: ExecOptions = {}): Promise<Answer> =>
    await execIn(host.container, argv, { user: host.role === "laptop" ? "dev" : "root", ...options });
  const ok = async (argv: readonly string[], options?: ExecOptions): Promise<string> => {
    const answer = await exec(argv, options);
    if (answer.exitCode === 0) return answer.stdout.trimEnd();
    throw new Error(`${name}: ${argv.join(" ")} ended with ${answer.exitCode}\n${answer.stdout}\n${answer.stderr}`);
  };
  const undone = (undo: (machine: Machine) => Promise<void>): void =>
    onTestFinished(async () => await undo(machine).catch(() => undefined), 60_000);
  return {
    name,
    address: host.address,
    exec,
    ok,
    sh: async (script, options) => await ok(["sh", "-euc", script], options),
    cut: async (other) => {
      undone(async () => await faults.heal(machine, host));
      await faults.cut(machine, host, other === undefined ? undefined : hostNamed(topology, other));
    },
    drop: async (percent) => {
      undone(async () => await faults.heal(machine, host));
      await faults.dropPackets(machine, host, percent);
    },
    heal: async () => await faults.heal(machine, host),
    pause: async () => {
      undone(async () => await faults.resume(machine, host));
      await faults.pause(machine, host);
    },
    resume: async () => await faults.resume(machine, host),
    kill: async () => {
      undone(async () => await faults.restart(machine, host));
      await faults.kill(machine, host);
    },
    restart: async () => await faults.restart(machine, host),
    folder: async () => {
      const path = `/var/tmp/${randomUUID()}`;
      onTestFinished(async () => void (await exec(["rm", "-rf", path], { user: "root" })));
      await ok(["mkdir", path]);
      return path;
    },
  };
}

/** Takes both machines from the testbed's server, for tests that register them themselves. Answers how it gets them back. */
export async function freeMachines(): Promise<() => Promise<void>> {
  const machine = await describeMachine(AbortSignal.timeout(600_000));
  await removeMachines(machine, topology);
  return async () => await registerMachines({ ...machine, signal: AbortSignal.timeout(600_000) }, topology);
}

async function execIn(
  container: string,
  argv: readonly string[],
  options: ExecOptions & { user: string },
): Promise<Answer> {
  const variables = Object.entries(options.env ?? {}).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const args = ["exec", "--interactive", "--user", options.user, "--workdir", "/", ...variables, container, ...argv];
  return await new Promise((resolve) => {
    const child = execFile(
      "docker",
      args,
      { maxBuffer: 64 * 1024 * 1024, timeout: options.timeoutMs ?? 120_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 128;
        resolve({ exitCode: code, stdout, stderr });
      },
    );
    child.stdin?.end(options.input ?? "");
  });
}
