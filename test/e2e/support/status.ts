import * as z from "zod";
import type { TestMachine } from "./machine.ts";

/** What tests read of `cilo status --json`. */
const Status = z.object({
  environment: z.string(),
  project: z.string(),
  state: z.string(),
  workspace: z.string(),
  loopback: z.string().optional(),
  composeProject: z.string(),
  blocks: z.array(z.string()),
  services: z.array(
    z.object({
      service: z.string(),
      state: z.string(),
      hostname: z.string(),
      url: z.string().optional(),
      addresses: z.array(z.string()),
      containers: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
});
export type Status = z.infer<typeof Status>;

export async function statusOf(machine: TestMachine, environment: string): Promise<Status> {
  return Status.parse(await machine.json(["status", environment]));
}

/** The address of the service's one container. */
export async function serviceAddress(machine: TestMachine, environment: string, service: string): Promise<string> {
  const { services } = await statusOf(machine, environment);
  const [address, ...more] = services.find((candidate) => candidate.service === service)?.addresses ?? [];
  if (address === undefined || more.length > 0) throw new Error(`${service} of ${environment} has not one address`);
  return address;
}

/** Container identifiers by service, to tell what was replaced. */
export async function containersOf(machine: TestMachine, environment: string): Promise<Record<string, string[]>> {
  const { services } = await statusOf(machine, environment);
  return Object.fromEntries(services.map(({ service, containers }) => [service, containers.map(({ id }) => id)]));
}
