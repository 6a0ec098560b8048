import { CiloError } from "@cilo/base";
import { agreeTo } from "./consent.ts";
import { composePlugin } from "./compose-plugin.ts";
import { dockerGroup, startAgainWithNewGroups } from "./docker-group.ts";
import { refusesUser, runningEngine } from "./engine.ts";
import { type Machine, hasProgram } from "./machine.ts";
import type { Step } from "./step.ts";
import { systemPackages } from "./system-packages.ts";
import { rememberUndo } from "./undo.ts";

/** What is wanted on top of an engine, Compose and dnsmasq. */
export interface Extras {
  /** System packages. */
  readonly packages?: readonly string[];
  /** Programs, each in a package of its own name. */
  readonly programs?: readonly string[];
  /** Steps taken after all others. */
  readonly last?: readonly Step[];
}

/**
 * Makes this a machine with a Docker engine that answers this user, Compose v2 and dnsmasq. Asks once, about
 * everything; changes nothing and asks nothing where all is there. How to take each step back is remembered.
 */
export async function prepareMachine(machine: Machine, extras: Extras = {}): Promise<void> {
  const more = [...(extras.packages ?? []), ...(await missingPrograms(extras.programs ?? []))];
  const steps = [...(await engineSteps(machine, more)), ...(extras.last ?? [])];
  await needRoot(machine, steps);
  if (steps.length > 0) await agreeTo(steps, machine.signal);
  for (const step of steps) {
    console.log(`… ${step.what}`);
    await rememberUndo(step);
    await step.apply();
  }
  if (await refusesUser(machine)) startAgainWithNewGroups(machine);
}

async function missingPrograms(names: readonly string[]): Promise<string[]> {
  const missing = await Promise.all(names.map(async (name) => ((await hasProgram(name)) ? [] : [name])));
  return missing.flat();
}

async function engineSteps(machine: Machine, packages: readonly string[]): Promise<Step[]> {
  return [
    ...(await systemPackages(machine, packages)),
    ...(await composePlugin(machine)),
    ...(await runningEngine(machine)),
    ...(await dockerGroup(machine)),
  ];
}

async function needRoot(machine: Machine, steps: readonly Step[]): Promise<void> {
  if (machine.isRoot || steps.length === 0 || (await hasProgram("sudo"))) return;
  throw new CiloError(
    "SETUP_NEEDS_ROOT",
    `needs root, and there is no sudo, to ${steps.map(({ what }) => what).join("; ")}`,
    {
      hint: "Run the same command as root once",
    },
  );
}
