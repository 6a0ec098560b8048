import * as z from "zod/mini";
import { type Machine, command } from "../setup/machine.ts";
import { ciloProgram } from "./cilo.ts";

/** What the demo reads of `cilo up --json`. */
const Running = z.object({
  environment: z.string(),
  project: z.string(),
  workspace: z.string(),
  services: z.array(
    z.object({
      service: z.string(),
      state: z.string(),
      hostname: z.string(),
      url: z.optional(z.string()),
      addresses: z.array(z.string()),
    }),
  ),
});
export type Running = z.infer<typeof Running>;

/** Runs `cilo up`, shows its progress with the environment's name in front, answers what runs. */
export async function bringUp(machine: Machine, environment: { name: string; from: string }): Promise<Running> {
  const started = performance.now();
  const { stdout } = await command(
    machine,
    [ciloProgram, "up", environment.name, "--from", environment.from, "--json"],
    {
      onLine: (line, stream) => {
        if (stream === "stderr") console.log(`  ${environment.name} | ${line}`);
      },
    },
  );
  console.log(`  ${environment.name} is up after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return Running.parse(JSON.parse(stdout));
}

/** The one address of a service. */
export function addressOf(running: Running, service: string): string {
  const address = running.services.find((candidate) => candidate.service === service)?.addresses[0];
  if (address === undefined) throw new Error(`${service} of ${running.environment} has no address`);
  return address;
}
