import { type Runtime, environmentFolders, findOrphans } from "@cilo/engine";
import { type CheckParts, type ResolverSetup, networkChecks } from "@cilo/network";
import { listCloudRecords } from "../cloud/record.ts";
import type { MachineParts } from "../this-machine.ts";
import type { Check, Finding } from "./check.ts";
import { moveAway } from "./move-away.ts";

/** What `doctor` looks at, in order: what others stand on comes first. */
export function doctorChecks(parts: MachineParts & { readonly resolver: ResolverSetup }): Check[] {
  const { runtime, home, machine } = parts;
  return [
    { name: "engine", run: async (signal) => await checkEngine(runtime, signal) },
    { name: "leftovers", run: async (signal) => await checkLeftovers(parts, signal) },
    ...networkPart({
      ...parts,
      dnsPort: machine.dnsPort,
      suffixes: machine.suffixes,
      owners: async () =>
        [...(await environmentFolders(home)), ...(await listCloudRecords(home.root))].map(
          ({ project, environment }) => `${project}/${environment}`,
        ),
      moveAway: async (owner, signal) => await moveAway(parts, owner, signal),
    }),
  ];
}

/** But for the blocks: those of shared services have owners that only the engine knows, and are among the leftovers. */
function networkPart(parts: CheckParts): Check[] {
  return networkChecks(parts).filter(({ name }) => name !== "address blocks");
}

async function checkEngine(runtime: Runtime, signal: AbortSignal): Promise<Finding[]> {
  const { engineVersion, composeVersion, endpoint, directAddresses } = await runtime.inspect({
    signal,
    composeVersion: true,
  });
  const found: Finding = {
    status: "ok",
    message: `${runtime.name} ${engineVersion}, Compose ${composeVersion ?? ""}, at ${endpoint}`,
  };
  if (directAddresses) return [found];
  return [found, { status: "warn", message: "this machine cannot reach containers by their addresses" }];
}

async function checkLeftovers({ deps, addresses }: MachineParts, signal: AbortSignal): Promise<readonly Finding[]> {
  const orphans = await findOrphans(deps, { addresses, signal });
  return orphans.length === 0 ? [{ status: "ok", message: "nothing is left of environments that are gone" }] : orphans;
}
