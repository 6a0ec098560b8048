import { openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { CiloError, isCiloError, poll } from "@cilo/base";
import { type Machine, command, hasProgram, isThere, rootCommand, succeeds, typedAsRoot } from "./machine.ts";
import type { Step } from "./step.ts";

/** A Docker engine that answers, as a step; none when one does. */
export async function runningEngine(machine: Machine): Promise<Step[]> {
  if (await engineAnswers(machine)) return [];
  const log = join(process.cwd(), ".cache/dockerd.log");
  return [
    {
      what: `start the Docker engine (${machine.hasSystemd ? "systemctl start docker" : `in the background, log in ${log}`})`,
      undo: typedAsRoot(machine, machine.hasSystemd ? "systemctl stop docker" : "kill $(cat /var/run/docker.pid)"),
      apply: async () => {
        await startEngine(machine, log);
        await waitForEngine(machine, log);
      },
    },
  ];
}

/** True when `docker` reaches an engine, or at least one that only refuses this user. */
async function engineAnswers(machine: Machine): Promise<boolean> {
  if (!(await hasProgram("docker"))) return false;
  return (await succeeds(machine, ["docker", "version"])) || (await refusesUser(machine));
}

/** True when an engine runs whose socket this user may not open. */
export async function refusesUser(machine: Machine): Promise<boolean> {
  if (!(await hasProgram("docker"))) return false;
  try {
    await command(machine, ["docker", "version"]);
    return false;
  } catch (error) {
    return isCiloError(error, "COMMAND_FAILED") && /permission denied/iu.test(error.message);
  }
}

async function startEngine(machine: Machine, log: string): Promise<void> {
  // Installing the package may have started it already.
  if (await answersSoon(machine, 0)) return;
  if (machine.hasSystemd) {
    await rootCommand(machine, ["systemctl", "start", "docker"]);
    return;
  }
  if (await isThere("/etc/init.d/docker")) {
    await rootCommand(machine, ["service", "docker", "start"]).catch(() => undefined);
    if (await answersSoon(machine, 10_000)) return;
  }
  await startInBackground(machine, log);
}

/** A daemon of no session: it outlives this process and the terminal. */
async function startInBackground(machine: Machine, log: string): Promise<void> {
  await mkdir(".cache", { recursive: true });
  const output = openSync(log, "a");
  const [file = "", ...args] = machine.isRoot ? ["dockerd"] : ["sudo", "--", "dockerd"];
  spawn(file, args, {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  }).unref();
}

async function waitForEngine(machine: Machine, log: string): Promise<void> {
  if (await answersSoon(machine, 60_000)) return;
  throw new CiloError("ENGINE_UNREACHABLE", "the Docker engine was started and does not answer", {
    hint: machine.hasSystemd ? "journalctl -u docker" : `tail ${log}`,
  });
}

async function answersSoon(machine: Machine, timeoutMs: number): Promise<boolean> {
  const asRoot = ["docker", "version"];
  try {
    await poll(
      () =>
        rootCommand(machine, asRoot)
          .then(() => true)
          .catch(() => false),
      {
        signal: machine.signal,
        timeoutMs,
        intervalMs: 50,
        what: "the Docker engine",
      },
    );
    return true;
  } catch (error) {
    if (isCiloError(error, "TIMEOUT")) return false;
    throw error;
  }
}
