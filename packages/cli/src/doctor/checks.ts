import { environmentFolders } from "@cilo/engine";
import type { RouteConflict } from "@cilo/network";
import { checkResolver, findOrphans } from "../pending.ts";
import type { MachineParts } from "../this-machine.ts";
import type { Check, Finding } from "./check.ts";

/** What `doctor` looks at, in order: what others stand on comes first. */
export function doctorChecks(parts: MachineParts): Check[] {
  return [
    { name: "engine", run: async (signal) => await checkEngine(parts, signal) },
    { name: "name server", run: async (signal) => await checkNameServer(parts, signal) },
    { name: "leftovers", run: async (signal) => await checkLeftovers(parts, signal) },
    { name: "names", run: async (signal) => await checkNames(parts, signal) },
    { name: "addresses", run: async (signal) => await checkAddresses(parts, signal) },
  ];
}

async function checkEngine({ runtime }: MachineParts, signal: AbortSignal): Promise<Finding[]> {
  const { engineVersion, composeVersion, endpoint, directAddresses } = await runtime.inspect({ signal });
  return [
    { status: "ok", message: `${runtime.name} ${engineVersion} with Compose ${composeVersion} at ${endpoint}` },
    ...(directAddresses
      ? []
      : [{ status: "warn", message: "containers cannot be reached from this machine by their addresses" } as const]),
  ];
}

async function checkNameServer({ names, machine }: MachineParts, signal: AbortSignal): Promise<Finding[]> {
  if ((await names.published()).length === 0) return [{ status: "ok", message: "nothing to serve" }];
  if (await names.server.isRight(signal)) return [{ status: "ok", message: `answers on 127.0.0.1:${machine.dnsPort}` }];
  return [
    {
      status: "fail",
      message: `does not answer on 127.0.0.1:${machine.dnsPort}`,
      fix: async (fixSignal) => {
        await names.start({ signal: fixSignal });
        return "started it";
      },
    },
  ];
}

async function checkLeftovers({ deps }: MachineParts, signal: AbortSignal): Promise<readonly Finding[]> {
  const orphans = await findOrphans(deps, { signal });
  return orphans.length === 0 ? [{ status: "ok", message: "nothing is left of environments that are gone" }] : orphans;
}

/** Names of environments that are gone, and whether this machine finds those that are there. */
async function checkNames({ home, names, machine }: MachineParts, signal: AbortSignal): Promise<Finding[]> {
  const [published, there] = await Promise.all([names.published(), environmentFolders(home)]);
  const gone = published.filter(
    (one) => !there.some(({ project, environment }) => project === one.project && environment === one.environment),
  );
  const stale = gone.map(
    (who): Finding => ({
      status: "fail",
      message: `names of ${who.environment} of ${who.project} are served, and there is no such environment`,
      fix: async (fixSignal) => {
        await names.withdraw(who, { signal: fixSignal });
        return "they are served no more";
      },
    }),
  );
  if (!machine.isInitialised)
    return [
      ...stale,
      { status: "warn", message: "this machine's resolver does not ask Cilo's name server", hint: "sudo cilo init" },
    ];
  return [...stale, await checkResolver(names, signal)];
}

async function checkAddresses({ home, addresses }: MachineParts, signal: AbortSignal): Promise<Finding[]> {
  const owners = (await environmentFolders(home)).map(({ project, environment }) => `${project}/${environment}`);
  const [orphans, conflicts] = await Promise.all([addresses.orphanBlocks(owners), addresses.routeConflicts(signal)]);
  const findings = [
    ...orphans.map(
      (claim): Finding => ({
        status: "fail",
        message: `the block ${claim.block} is claimed by ${claim.owner === "" ? "nobody" : `${claim.owner}, which is gone`}`,
        fix: async () => {
          await addresses.releaseBlock(claim);
          return "it is free again";
        },
      }),
    ),
    ...conflicts.map(conflictFinding),
  ];
  return findings.length === 0
    ? [{ status: "ok", message: "no block is lost, no route of this machine is in the way" }]
    : findings;
}

function conflictFinding({ route, device, owners }: RouteConflict): Finding {
  const where = `${route}${device === undefined ? "" : ` by ${device}`}`;
  if (owners.length === 0)
    return { status: "ok", message: `the route ${where} lies in the address range; new blocks avoid it` };
  const names = owners.map((owner) => owner.split("/").at(-1) ?? owner);
  return {
    status: "fail",
    message: `the route ${where} hides the addresses of ${names.join(", ")}`,
    hint: `Give them others: ${names.map((name) => `cilo up ${name}`).join("; ")}`,
  };
}
