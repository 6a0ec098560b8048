import { type Environment, type Peer, WireGuardKey } from "@cilo/api";
import { sql } from "kysely";
import type { Limits } from "../parts.ts";
import type { Queries } from "../store/database.ts";
import { deadlineOf } from "./deadline.ts";
import type { EnvironmentRow } from "./reach.ts";

/** An environment with its peers, as rows of one query. */
export type EnvironmentWithPeers = EnvironmentRow & { readonly peers: readonly PeerRow[] };

interface PeerRow {
  readonly userId: string;
  readonly device: string;
  readonly publicKey: string;
  readonly assignedIp: string;
  readonly connectedAt: string;
  readonly leaseUntil: string;
}

/** The query for environments as they are answered. */
export function selectEnvironments(db: Queries) {
  return db.selectFrom("environments").selectAll("environments").select(peersOf.as("peers"));
}

const peersOf = sql<PeerRow[]>`coalesce((
  select json_agg(json_build_object(
    'userId', d.user_id, 'device', d.device, 'publicKey', d.public_key, 'assignedIp', host(a.address),
    'connectedAt', p.connected_at, 'leaseUntil', p.lease_until) order by p.connected_at)
  from peers p join devices d on d.public_key = p.public_key join addresses a on a.owner = d.public_key
  where p.environment_id = environments.id and p.removed_at is null), '[]'::json)`;

export function environmentAnswer(row: EnvironmentWithPeers, limits: Limits): Environment {
  const deadline = deadlineOf(row, limits);
  return {
    id: row.id,
    teamId: row.teamId,
    name: row.name,
    project: row.project,
    format: row.format,
    machineId: row.machineId,
    status: row.status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    block: row.block,
    services: row.services,
    peers: row.peers.map(peerAnswer),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    source: row.source,
    exclusive: row.exclusive,
    lastActive: row.lastActive.toISOString(),
    deadline: deadline?.at.toISOString() ?? null,
    deadlineReason: deadline?.reason ?? null,
  };
}

function peerAnswer(row: PeerRow): Peer {
  return {
    userId: row.userId,
    device: row.device,
    publicKey: WireGuardKey.parse(row.publicKey),
    assignedIp: row.assignedIp,
    connectedAt: new Date(row.connectedAt).toISOString(),
    leaseUntil: new Date(row.leaseUntil).toISOString(),
  };
}
