import { hasProgram, describeMachine, type Machine } from "./machine.ts";
import { agreeTo } from "./consent.ts";
import { composePlugin } from "./compose-plugin.ts";
import { dockerGroup, startAgainWithNewGroups } from "./docker-group.ts";
import { refusesUser, runningEngine } from "./engine.ts";
import type { Step } from "./step.ts";
import { systemPackages } from "./system-packages.ts";

/**
 * Makes this a machine with a Docker engine that answers this user, Compose v2 and dnsmasq. Asks once; changes nothing
 * where all is there. Answers the machine and the steps that were taken, for telling how to take them back.
 */
export async function prepareMachine(signal: AbortSignal, more: readonly string[] = []): Promise<Prepared> {
  const machine = await describeMachine(signal);
  const steps = await stepsFor(machine, more);
  if (steps.length > 0) await agreeTo(steps, signal);
  for (const step of steps) {
    console.log(`… ${step.what}`);
    await step.apply();
  }
  if (await refusesUser(machine)) startAgainWithNewGroups(machine);
  return { machine, taken: steps };
}

export interface Prepared {
  readonly machine: Machine;
  readonly taken: readonly Step[];
}

async function stepsFor(machine: Machine, more: readonly string[]): Promise<Step[]> {
  const steps = [
    ...(await systemPackages(machine, more)),
    ...(await composePlugin(machine)),
    ...(await runningEngine(machine)),
    ...(await dockerGroup(machine)),
  ];
  if (!machine.isRoot && steps.length > 0 && !(await hasProgram("sudo"))) throw needsRoot(steps);
  return steps;
}

function needsRoot(steps: readonly Step[]): Error {
  return new Error(`needs root and there is no sudo; as root: ${steps.map((step) => step.what).join("; ")}`);
}
