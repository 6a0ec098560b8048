import {
  type ExchangeAnswer,
  type ExchangeRequest,
  type EnvironmentId,
  type MachineId,
  type TunnelStatus,
  WireGuardKey,
} from "@cilo/api";
import { CiloError, isCiloError } from "@cilo/base";
import { type Cidr, formatCidr, generatePresharedKey, overlaps, parseCidr } from "@cilo/network";
import { takeAddress } from "../addresses/allocate.ts";
import { type Asking, audit } from "../audit.ts";
import { environmentFor } from "../environments/reach.ts";
import type { Parts } from "../parts.ts";
import type { Queries } from "../store/database.ts";
import { removeFromMachines } from "./leases.ts";

const CALL_MS = 10_000;

export type WireGuardService = ReturnType<typeof createWireGuardService>;

/** Devices and their peers on machines. A device has one address everywhere, and one preshared key per machine. */
export function createWireGuardService(parts: Parts) {
  const { db, clock } = parts;
  return {
    exchange: async (request: ExchangeRequest, by: Asking, signal: AbortSignal): Promise<ExchangeAnswer> => {
      const peer = await db.transaction().execute(async (queries) => await register({ parts, queries, by }, request));
      await parts.agents.of(peer.machine).addPeer({
        body: {
          kind: "device",
          publicKey: request.clientPublicKey,
          presharedKey: peer.presharedKey,
          assignedIp: peer.assignedIp,
          device: request.device,
          environmentId: request.environmentId,
          block: peer.block,
          leaseUntil: peer.leaseUntil.toISOString(),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
      });
      const claims = {
        role: "environment",
        machineId: peer.machine.id,
        environmentId: request.environmentId,
        address: peer.assignedIp,
        keyId: by.caller.keyId,
      } as const;
      return {
        assignedIp: peer.assignedIp,
        presharedKey: peer.presharedKey,
        machineWgPublicKey: peer.machine.wgPublicKey,
        wgEndpoint: peer.machine.wgEndpoint,
        machineIp: peer.machine.address,
        routes: [peer.block, `${peer.machine.address}/32`],
        leaseUntil: peer.leaseUntil.toISOString(),
        credential: await parts.signer.sign(claims, { nowMs: clock.now() }),
      };
    },

    remove: async (
      wanted: { readonly key: WireGuardKey; readonly environmentId: EnvironmentId },
      by: Asking,
    ): Promise<void> => {
      await db.transaction().execute(async (queries) => {
        const environment = await environmentFor(queries, { id: wanted.environmentId, caller: by.caller });
        const { numUpdatedRows } = await queries
          .updateTable("peers")
          .set({ removedAt: new Date(clock.now()) })
          .where("environmentId", "=", environment.id)
          .where("publicKey", "=", wanted.key)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw noPeer();
        await audit(queries, {
          action: "peer.remove",
          target: `${environment.id} ${wanted.key}`,
          at: new Date(clock.now()),
          by,
        });
      });
      await removeFromMachines(parts, { publicKeys: [wanted.key] });
    },

    status: async (id: EnvironmentId, by: Asking, signal: AbortSignal): Promise<TunnelStatus> => {
      const environment = await environmentFor(db, { id, caller: by.caller });
      const machine = await machineOf(db, environment);
      const states = await statesOn(parts, { machine, signal });
      const rows = await db
        .selectFrom("peers")
        .innerJoin("devices", "devices.publicKey", "peers.publicKey")
        .innerJoin("addresses", "addresses.owner", "devices.publicKey")
        .select(["userId", "device", "devices.publicKey", "address", "connectedAt", "leaseUntil"])
        .where("environmentId", "=", id)
        .where("removedAt", "is", null)
        .orderBy("connectedAt")
        .execute();
      return {
        environmentId: id,
        machineId: machine.id,
        isReachable: states !== undefined,
        peers: rows.map((row) => {
          const state = states?.get(row.publicKey);
          return {
            userId: row.userId,
            device: row.device,
            publicKey: row.publicKey,
            assignedIp: plain(row.address),
            connectedAt: row.connectedAt.toISOString(),
            leaseUntil: row.leaseUntil.toISOString(),
            lastHandshake: state?.lastHandshake ?? null,
            rxBytes: state?.rxBytes ?? null,
            txBytes: state?.txBytes ?? null,
          };
        }),
      };
    },
  };
}

interface Doing {
  readonly parts: Parts;
  readonly queries: Queries;
  readonly by: Asking;
}

async function register({ parts, queries, by }: Doing, request: ExchangeRequest) {
  const now = new Date(parts.clock.now());
  const environment = await environmentFor(queries, { id: request.environmentId, caller: by.caller, isLocked: true });
  const machine = await machineOf(queries, environment);
  const { block } = environment;
  if (block === null || environment.status === "destroying")
    throw new CiloError(
      "STATE_CONFLICT",
      `environment ${environment.name} is ${environment.status} and cannot be connected to`,
    );
  refuseRoutes(request.usedRoutes, [block, `${machine.address}/32`]);
  const publicKey = request.clientPublicKey;
  await registerDevice({ parts, queries, by }, request);
  const assignedIp = await takeAddress(queries, { pool: parts.pools.devices, owner: publicKey, now });
  const presharedKey = await presharedKeyOf(queries, { publicKey, machineId: machine.id });
  const leaseUntil = new Date(now.getTime() + parts.limits.leaseMs);
  await queries
    .insertInto("peers")
    .values({
      environmentId: environment.id,
      publicKey,
      keyId: by.caller.keyId,
      connectedAt: now,
      leaseUntil,
      removedAt: null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["environmentId", "publicKey"])
        .doUpdateSet({ leaseUntil, keyId: by.caller.keyId, removedAt: null }),
    )
    .execute();
  return { machine, assignedIp, presharedKey, leaseUntil, block };
}

async function registerDevice({ parts, queries, by }: Doing, request: ExchangeRequest): Promise<void> {
  const { caller } = by;
  const row = await queries
    .insertInto("devices")
    .values({
      publicKey: request.clientPublicKey,
      teamId: caller.teamId,
      keyId: caller.keyId,
      userId: caller.name,
      device: request.device,
      createdAt: new Date(parts.clock.now()),
    })
    .onConflict((conflict) =>
      conflict
        .column("publicKey")
        .doUpdateSet({ device: request.device, keyId: caller.keyId, userId: caller.name })
        .where("devices.teamId", "=", caller.teamId),
    )
    .returning("publicKey")
    .executeTakeFirst();
  if (row !== undefined) return;
  throw new CiloError("DEVICE_KEY_TAKEN", "the public key belongs to a device of another team", {
    hint: "Make a key pair of its own for each server and team",
  });
}

async function presharedKeyOf(
  queries: Queries,
  pair: { publicKey: WireGuardKey; machineId: Parameters<Parts["agents"]["of"]>[0]["id"] },
): Promise<WireGuardKey> {
  const row = await queries
    .insertInto("presharedKeys")
    .values({ ...pair, presharedKey: WireGuardKey.parse(generatePresharedKey()) })
    // Changes nothing, so that the row that is there is returned.
    .onConflict((conflict) => conflict.columns(["publicKey", "machineId"]).doUpdateSet({ machineId: pair.machineId }))
    .returning("presharedKey")
    .executeTakeFirstOrThrow();
  return row.presharedKey;
}

async function machineOf(queries: Queries, environment: { machineId: MachineId | null; name: string; status: string }) {
  const machine =
    environment.machineId === null
      ? undefined
      : await queries
          .selectFrom("machines")
          .select(["id", "address", "wgPublicKey", "wgEndpoint"])
          .where("id", "=", environment.machineId)
          .executeTakeFirst();
  if (machine === undefined || machine.wgPublicKey === null)
    throw new CiloError(
      "STATE_CONFLICT",
      `environment ${environment.name} is ${environment.status} and has no machine`,
    );
  return { ...machine, wgPublicKey: machine.wgPublicKey };
}

/** Two ranges that overlap would send the one's packets to the other, without a word. */
function refuseRoutes(used: readonly string[], wanted: readonly string[]): void {
  const ranges = wanted.map(parseCidr).filter((range) => range !== undefined);
  const taken = used
    .map(parseCidr)
    .find(
      (route): route is Cidr =>
        route !== undefined && route.prefix > 0 && ranges.some((range) => overlaps(route, range)),
    );
  if (taken === undefined) return;
  throw new CiloError(
    "ROUTE_IN_USE",
    `the route ${formatCidr(taken)} of this device covers addresses of the environment (${wanted.join(", ")})`,
    {
      hint: "Disconnect that VPN, or create the environment again from this device, which avoids its routes",
    },
  );
}

async function statesOn(
  parts: Parts,
  { machine, signal }: { machine: Parameters<Parts["agents"]["of"]>[0]; signal: AbortSignal },
) {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);
    const { peers } = await parts.agents.of(machine).wireguardStatus({ signal: limited });
    return new Map(peers.map((peer) => [peer.publicKey, peer]));
  } catch (error) {
    signal.throwIfAborted();
    if (
      isCiloError(error, "MACHINE_UNREACHABLE", "NOT_READY", "ANSWER_INVALID") ||
      (error instanceof Error && error.name === "TimeoutError")
    )
      return undefined;
    throw error;
  }
}

function noPeer(): CiloError {
  return new CiloError("PEER_NOT_FOUND", "the environment has no such peer");
}

/** An `inet` of one host as PostgreSQL writes it may carry its mask. */
function plain(address: string): string {
  return address.replace(/\/32$/u, "");
}
