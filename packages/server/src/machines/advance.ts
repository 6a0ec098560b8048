import type { AgentConfig, MachineId } from "@cilo/api";
import { CiloError, delay, isCiloError } from "@cilo/base";
import { formatCidr } from "@cilo/network";
import { freeAddress } from "../addresses/allocate.ts";
import type { Parts } from "../parts.ts";
import type { AgentBundle, Connection, Provider } from "../providers/provider.ts";
import { announce } from "../store/changes.ts";
import type { MachineRow } from "./service.ts";

/** What registering a machine needs beyond the {@link Parts}. */
export interface MachineParts extends Parts {
  readonly provider: Provider;
  readonly bundle: () => Promise<AgentBundle>;
  readonly credentialKey: string;
}

const INSTALL_MS = 15 * 60_000;
const HEALTH_MS = 30_000;

/** Carries on what the machine's row says is to be done. May be run again from the start, and by another server. */
export async function advanceMachine(parts: MachineParts, id: MachineId, signal: AbortSignal): Promise<void> {
  const row = await parts.db.selectFrom("machines").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]);
  try {
    if (row.status === "destroying") return await remove(parts, row, limited);
    if (row.wgPublicKey === null) return await install(parts, row, limited);
    if (row.needsWipe) return await wipe(parts, row, limited);
  } catch (error) {
    signal.throwIfAborted();
    await parts.db
      .updateTable("machines")
      .set({ reason: reasonOf(error) })
      .where("id", "=", id)
      .execute();
    throw error;
  }
}

async function install(parts: MachineParts, row: MachineRow, signal: AbortSignal): Promise<void> {
  const { db, provider } = parts;
  const step = async (reason: string): Promise<void> =>
    void (await db.updateTable("machines").set({ reason }).where("id", "=", row.id).execute());
  await step("looking at the host");
  const connection = await pinned(parts, row, signal);
  const installed = await provider.install(connection, {
    bundle: await parts.bundle(),
    config: await configOf(parts, row),
    signal,
    // The step is told for those who watch; it may come late.
    onStep: (text) => void step(text).catch(() => undefined),
  });
  await db
    .updateTable("machines")
    .set({
      wgPublicKey: installed.wgPublicKey,
      engine: installed.engine,
      agentVersion: (await parts.bundle()).version,
      capacityMemoryMb: row.capacityMemoryMb ?? installed.facts.memoryMb,
      capacityCpus: row.capacityCpus ?? installed.facts.cpus,
      reason: "waiting for the agent to answer in the tunnel",
    })
    .where("id", "=", row.id)
    .execute();
  await announce(db, { kind: "nudge", reconciler: "tunnel" });
  await becomeReady(parts, row, signal);
}

async function becomeReady(parts: MachineParts, row: MachineRow, signal: AbortSignal): Promise<void> {
  const { db, agents, clock } = parts;
  await answers(agents.of(row), signal);
  const now = new Date(clock.now());
  await db
    .updateTable("machines")
    .set({ status: "ready", statusSince: now, reason: null, lastSeen: now })
    .where("id", "=", row.id)
    .where("status", "in", ["registering", "provisioning"])
    .execute();
}

async function answers(agent: ReturnType<Parts["agents"]["of"]>, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]);
  for (;;) {
    try {
      await agent.health({ signal: AbortSignal.any([deadline, AbortSignal.timeout(5000)]) });
      return;
    } catch (cause) {
      signal.throwIfAborted();
      if (deadline.aborted)
        throw new CiloError("MACHINE_UNREACHABLE", "the agent was installed but does not answer in the tunnel", {
          cause,
          hint: "Open the machine's UDP port 51820 to this server, or give its address with --endpoint",
        });
      await delay(500, signal);
    }
  }
}

/** The connection with the machine's pinned key; the first time it is learnt, and kept before anything else is done. */
async function pinned(parts: MachineParts, row: MachineRow, signal: AbortSignal): Promise<Connection> {
  const connection = {
    host: row.sshHost,
    port: row.sshPort,
    user: row.sshUser,
    ...(row.sshKey === null ? {} : { keyPath: row.sshKey }),
  };
  if (row.hostKey !== null) return { ...connection, hostKey: row.hostKey };
  const expected = row.expectedHostKey === null ? {} : { expectedFingerprint: row.expectedHostKey };
  const { hostKey, fingerprint } = await parts.provider.register(connection, { signal, ...expected });
  await parts.db
    .updateTable("machines")
    .set({ hostKey, expectedHostKey: fingerprint })
    .where("id", "=", row.id)
    .execute();
  return { ...connection, hostKey };
}

async function configOf(parts: MachineParts, row: MachineRow): Promise<AgentConfig> {
  const servers = await parts.db
    .selectFrom("servers")
    .innerJoin("addresses", "addresses.owner", "servers.id")
    .select(["wgPublicKey", "address"])
    .where("wgPublicKey", "is not", null)
    .execute();
  const { containers, services, devices } = parts.pools;
  return {
    machineId: row.id,
    address: row.address,
    listenPort: 51_820,
    endpoint: row.wgEndpoint,
    credentialKey: parts.credentialKey,
    servers: servers.flatMap(({ wgPublicKey, address }) =>
      wgPublicKey === null ? [] : [{ publicKey: wgPublicKey, address: address.replace(/\/32$/u, "") }],
    ),
    pools: { containers: formatCidr(containers), services: formatCidr(services), devices: formatCidr(devices) },
    ...(row.engine === null ? {} : { engine: row.engine }),
    firewall: row.firewall,
    sshPort: row.sshPort,
  };
}

async function wipe(parts: MachineParts, row: MachineRow, signal: AbortSignal): Promise<void> {
  await parts.provider.wipe(await pinned(parts, row, signal), { signal });
  await parts.db.updateTable("machines").set({ needsWipe: false }).where("id", "=", row.id).execute();
}

/** Waits for its environments to be destroyed: the job is tried again. Then the agent goes, and last the row. */
async function remove(parts: MachineParts, row: MachineRow, signal: AbortSignal): Promise<void> {
  const { db, clock } = parts;
  const left = await db
    .selectFrom("environments")
    .select("id")
    .where("machineId", "=", row.id)
    .where("status", "<>", "destroyed")
    .execute();
  if (left.length > 0) throw new CiloError("MACHINE_IN_USE", `waiting for ${left.length} environments to be destroyed`);
  // A host that was never reached has nothing of ours.
  if (row.hostKey !== null) await parts.provider.remove(await pinned(parts, row, signal), { signal });
  await db.transaction().execute(async (queries) => {
    await queries.deleteFrom("machines").where("id", "=", row.id).execute();
    await freeAddress(queries, row.id, new Date(clock.now()));
    await announce(queries, { kind: "nudge", reconciler: "tunnel" });
  });
}

function reasonOf(error: unknown): string {
  if (isCiloError(error)) return error.hint === undefined ? error.message : `${error.message} — ${error.hint}`;
  return error instanceof Error && error.name === "TimeoutError"
    ? "the host does not answer in time"
    : "an internal error; the server's log has it";
}
