import * as z from "zod";
import { type Machine, command } from "../scripts/setup/machine.ts";
import { serverUrlOf } from "./server.ts";
import { type Host, type Topology, hostNamed, testbedLabel } from "./topology.ts";

export interface TestbedStatus {
  /** Where the API answers, from this machine and from every host; absent while the host `server` is down. */
  readonly serverUrl?: string;
  readonly hosts: readonly (Pick<Host, "name" | "role" | "address"> & { readonly state: HostState })[];
}

/** The engine's words, and `absent` for a host that was never started. */
export type HostState = "absent" | "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

const Listed = z.object({
  Names: z.string(),
  State: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
});

/** What the engine says of the testbed's hosts. */
export async function statusOf(machine: Machine, topology: Topology): Promise<TestbedStatus> {
  const filter = ["--filter", `label=${testbedLabel}=${topology.id}`];
  const { stdout } = await command(machine, ["docker", "ps", "--all", "--format", "{{json .}}", ...filter]);
  const listed = stdout.split("\n").filter(Boolean);
  const states = new Map(
    listed.map((line) => {
      const { Names, State } = Listed.parse(JSON.parse(line));
      return [Names, State];
    }),
  );
  const server = hostNamed(topology, "server");
  return {
    ...(states.get(server.container) === "running" ? { serverUrl: serverUrlOf(topology) } : {}),
    hosts: topology.hosts.map(({ name, role, address, container }) => {
      return { name, role, address, state: states.get(container) ?? "absent" };
    }),
  };
}
