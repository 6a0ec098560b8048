import { AddMachineRequest, type Machine } from "@cilo/api";
import { CiloError, poll, systemClock } from "@cilo/base";
import { readConfig } from "../config.ts";
import { openJobs } from "../jobs/jobs.ts";
import { type MachineService, createMachineService } from "../machines/service.ts";
import type { Store } from "../store/database.ts";
import { check } from "./admin.ts";
import { json, maybe, serverCommand, text, toggle } from "./command.ts";
import { type ServerContext, print } from "./context.ts";
import { withStore } from "./with-store.ts";

type AddFlags = {
  readonly name: string;
  readonly host: string;
  readonly sshUser: string;
  readonly sshPort?: string;
  readonly sshKey?: string;
  readonly hostKey?: string;
  readonly endpoint?: string;
  readonly environments?: string;
  readonly memoryMb?: string;
  readonly cpus?: string;
  readonly engine?: string;
  readonly firewall?: boolean;
  readonly allowPrivileged?: boolean;
  readonly region?: string;
  readonly json?: boolean;
};

/** How long `add` and `remove` watch. The server goes on when they have given up. */
const WATCH_MS = 20 * 60_000;
const SERVER_GONE_MS = 60_000;

export const addMachineCommand = serverCommand<AddFlags>({
  brief: "Register a machine over SSH: pin its host key, install the agent, verify it",
  parameters: {
    flags: {
      name: text("What the machine is called"),
      host: text("Its address or host name for SSH"),
      sshUser: text("root, or a user with passwordless sudo"),
      sshPort: maybe("Default 22"),
      sshKey: maybe("Absolute path of the private key on this host"),
      hostKey: maybe("Fingerprint that the host must show: SHA256:…"),
      endpoint: maybe("Where laptops reach its WireGuard: HOST[:PORT]"),
      environments: maybe("How many it may carry. Default 10"),
      memoryMb: maybe("Memory to give out. Default: what it has"),
      cpus: maybe("Processors to give out. Default: what it has"),
      engine: maybe("docker or podman. Default: what is there, else Docker"),
      firewall: toggle("Limit the machine to SSH and WireGuard"),
      allowPrivileged: toggle("Let exclusive environments own the machine"),
      region: maybe("Where it is, for lists"),
      json,
    },
  },
  act: async (context, flags) => {
    const request = requestOf(flags);
    const machine = await withMachines(context, async (machines) => {
      const added = await machines.add(request, "host");
      return await watch(context, { machines, added });
    });
    print(context, {
      isJson: flags.json ?? false,
      data: machine,
      lines: [`Machine ${machine.name} is ${machine.status} (${machine.engine ?? "no engine"}, ${machine.wgEndpoint})`],
    });
  },
});

export const listMachinesCommand = serverCommand<{ json?: boolean }>({
  brief: "List the machines",
  parameters: { flags: { json } },
  act: async (context, { json: isJson = false }) => {
    const machines = await withMachines(context, async (service) => await all(service), { needsServer: false });
    const lines = machines.map((machine) =>
      [
        machine.name,
        machine.status,
        `${machine.environments}/${machine.capacity.environments}`,
        machine.sshHost,
        machine.reason ?? "",
      ]
        .join("  ")
        .trimEnd(),
    );
    print(context, { isJson, data: { machines }, lines });
  },
});

export const removeMachineCommand = serverCommand<{ force?: boolean; json?: boolean }>({
  brief: "Take every trace of Cilo off a machine and forget it; the machine itself stays",
  parameters: {
    flags: { force: toggle("Destroy its environments first"), json },
    positional: {
      kind: "array",
      parameter: { brief: "Name of the machine", placeholder: "machine", parse: String },
      minimum: 1,
      maximum: 1,
    },
  },
  act: async (context, { force = false, json: isJson = false }, [name = ""]) => {
    await withMachines(context, async (machines) => {
      const { id } = await called(machines, name);
      await machines.remove({ id, force, by: "host" });
      await gone(context, { machines, name });
    });
    print(context, { isJson, data: { removed: name }, lines: [`Machine ${name} is removed`] });
  },
});

function requestOf(flags: AddFlags): AddMachineRequest {
  const number = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
  const capacity = {
    environments: number(flags.environments),
    memoryMb: number(flags.memoryMb),
    cpus: number(flags.cpus),
  };
  const endpoint =
    flags.endpoint === undefined || /:\d+$/u.test(flags.endpoint) ? flags.endpoint : `${flags.endpoint}:51820`;
  const given = {
    name: flags.name,
    host: flags.host,
    sshUser: flags.sshUser,
    sshPort: number(flags.sshPort),
    sshKey: flags.sshKey,
    hostKey: flags.hostKey,
    endpoint,
    capacity: defined(capacity),
    engine: flags.engine,
    firewall: flags.firewall,
    allowPrivileged: flags.allowPrivileged,
    region: flags.region,
  };
  return check(AddMachineRequest, { value: defined(given), flag: "machines add" });
}

function defined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

async function withMachines<T>(
  context: ServerContext,
  use: (machines: MachineService) => Promise<T>,
  { needsServer = true }: { needsServer?: boolean } = {},
): Promise<T> {
  return await withStore(context, async (store) => {
    if (needsServer) await requireServer(store);
    await using jobs = await openJobs({ url: store.url, onError: () => undefined });
    return await use(
      createMachineService({ db: store.db, clock: systemClock, jobs, pools: readConfig(context.variables).pools }),
    );
  });
}

async function requireServer({ db }: Store): Promise<void> {
  const since = new Date(Date.now() - SERVER_GONE_MS);
  const alive = await db.selectFrom("servers").select("id").where("lastSeen", ">", since).limit(1).execute();
  if (alive.length > 0) return;
  throw new CiloError(
    "SERVER_NOT_RUNNING",
    "no cilo-server is running on this database, and it is the server that reaches machines",
    {
      hint: "Start it first: cilo-server",
    },
  );
}

async function watch(
  context: ServerContext,
  { machines, added }: { machines: MachineService; added: Machine },
): Promise<Machine> {
  let told: string | undefined;
  const machine = await poll(
    async () => {
      const now = await machines.get(added.id);
      if (now.reason !== told && now.reason !== undefined) context.stderr(`${now.name}: ${now.reason}\n`);
      told = now.reason;
      return now.status === "registering" && !isHopeless(now) ? undefined : now;
    },
    { signal: context.signal, timeoutMs: WATCH_MS, intervalMs: 50, what: `${added.name} to be ready` },
  );
  if (machine.status === "ready" || machine.status === "assigned") return machine;
  throw new CiloError("MACHINE_NOT_READY", `machine ${machine.name}: ${machine.reason ?? machine.status}`, {
    hint: `It is tried again by the server; to give up: cilo-server machines remove ${machine.name}`,
  });
}

/** A step that failed is told with the next one to take, which steps that are under way have none of. */
function isHopeless({ reason }: Machine): boolean {
  return reason?.includes(" — ") === true;
}

async function gone(
  context: ServerContext,
  { machines, name }: { machines: MachineService; name: string },
): Promise<void> {
  let told: string | undefined;
  await poll(
    async () => {
      const now = (await all(machines)).find((machine) => machine.name === name);
      if (now?.reason !== told && now?.reason !== undefined) context.stderr(`${name}: ${now.reason}\n`);
      told = now?.reason;
      return now === undefined;
    },
    { signal: context.signal, timeoutMs: WATCH_MS, intervalMs: 50, what: `${name} to be removed` },
  );
}

async function called(machines: MachineService, name: string): Promise<Machine> {
  const found = (await all(machines)).find((machine) => machine.name === name);
  if (found !== undefined) return found;
  throw new CiloError("MACHINE_NOT_FOUND", `there is no machine called ${name}`, {
    hint: "List them: cilo-server machines list",
  });
}

async function all(machines: MachineService): Promise<Machine[]> {
  const found: Machine[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await machines.list({ limit: 200, cursor });
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}
