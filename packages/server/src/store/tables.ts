import type {
  Engine,
  EnvironmentId,
  EnvironmentStatus,
  Format,
  KeyId,
  MachineId,
  MachineStatus,
  OperationId,
  Scope,
  Service,
  TeamId,
  UsageRecordId,
  WireGuardKey,
} from "@cilo/api";
import type { ColumnType, Generated } from "kysely";

/** The database's tables as Kysely sees them: names in camel case, which its plugin maps to snake case. */
export interface Tables {
  readonly teams: TeamsTable;
  readonly apiKeys: ApiKeysTable;
  readonly credentialKeys: CredentialKeysTable;
  readonly servers: ServersTable;
  readonly machines: MachinesTable;
  readonly environments: EnvironmentsTable;
  readonly blocks: BlocksTable;
  readonly addresses: AddressesTable;
  readonly devices: DevicesTable;
  readonly presharedKeys: PresharedKeysTable;
  readonly peers: PeersTable;
  readonly usageRecords: UsageRecordsTable;
  readonly auditEvents: AuditEventsTable;
  readonly idempotencyKeys: IdempotencyKeysTable;
}

type Json<T> = ColumnType<T, string, string>;

interface TeamsTable {
  id: TeamId;
  name: string;
  createdAt: Date;
}

interface ApiKeysTable {
  id: KeyId;
  teamId: TeamId;
  keyHash: string;
  prefix: string;
  scope: Scope;
  name: string;
  createdAt: Date;
  lastUsed: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** One row: the pair that credentials for agents are signed with. */
interface CredentialKeysTable {
  id: Generated<number>;
  publicKey: string;
  privateKey: string;
}

interface ServersTable {
  id: string;
  wgPublicKey: WireGuardKey | null;
  lastSeen: Date;
}

interface MachinesTable {
  id: MachineId;
  name: string;
  providerId: string;
  providerType: "manual" | "hetzner";
  status: MachineStatus;
  reason: string | null;
  statusSince: Date;
  publicIp: string;
  wgPublicKey: WireGuardKey | null;
  wgEndpoint: string;
  address: string;
  sshHost: string;
  sshUser: string;
  sshPort: number;
  sshKey: string | null;
  /** The pinned key once it was seen; before, what `expected_host_key` says is asked of it. */
  hostKey: string | null;
  expectedHostKey: string | null;
  engine: Engine | null;
  region: string | null;
  size: string | null;
  capacityEnvironments: number;
  /** Null until the machine has told what it has. */
  capacityMemoryMb: number | null;
  capacityCpus: number | null;
  allowPrivileged: boolean;
  firewall: boolean;
  agentVersion: string | null;
  /** An exclusive environment was on it: it must be wiped before another is. */
  needsWipe: Generated<boolean>;
  lastSeen: Date | null;
  createdAt: Date;
}

export type OperationKind = "prepare" | "up" | "start" | "stop" | "destroy";

interface EnvironmentsTable {
  id: EnvironmentId;
  teamId: TeamId;
  keyId: KeyId;
  name: string;
  project: string;
  format: Format;
  /** The project's folder in what is uploaded; null: the top. */
  projectPath: string | null;
  machineId: MachineId | null;
  status: EnvironmentStatus;
  reason: string | null;
  statusSince: Date;
  block: string | null;
  services: Json<Service[]>;
  createdAt: Date;
  createdBy: string;
  source: "cli" | "ci" | "api";
  exclusive: boolean;
  keep: boolean;
  memoryMb: number;
  cpus: number;
  lastActive: Date;
  payloadBytes: ColumnType<number, number, number>;
  /** Destroyed at this time, used or not. */
  ttlUntil: Date | null;
  /** No deadline is before this time. */
  extendedUntil: Date | null;
  operation: OperationKind | null;
  operationId: OperationId | null;
  operationSince: Date | null;
  /** `up` builds images again. */
  operationBuilds: Generated<boolean>;
}

/** Blocks that are given out, or rest since `freed_at`. */
interface BlocksTable {
  block: string;
  environmentId: EnvironmentId | null;
  freedAt: Date | null;
}

/** Addresses in the tunnel that are given out, or rest since `freed_at`. */
interface AddressesTable {
  address: string;
  /** Id of a server or a machine, or the public key of a device. */
  owner: string | null;
  freedAt: Date | null;
}

interface DevicesTable {
  publicKey: WireGuardKey;
  teamId: TeamId;
  keyId: KeyId;
  userId: string;
  device: string;
  createdAt: Date;
}

interface PresharedKeysTable {
  publicKey: WireGuardKey;
  machineId: MachineId;
  presharedKey: WireGuardKey;
}

interface PeersTable {
  environmentId: EnvironmentId;
  publicKey: WireGuardKey;
  keyId: KeyId;
  connectedAt: Date;
  leaseUntil: Date;
  /** It is to go: kept until its machine has been told. */
  removedAt: Date | null;
}

interface UsageRecordsTable {
  id: UsageRecordId;
  teamId: TeamId;
  environmentId: EnvironmentId;
  startTime: Date;
  endTime: Date | null;
  durationSec: number | null;
}

interface AuditEventsTable {
  id: Generated<string>;
  at: Date;
  teamId: TeamId | null;
  actor: string;
  keyId: KeyId | null;
  action: string;
  target: string;
  requestId: string | null;
}

interface IdempotencyKeysTable {
  keyId: KeyId;
  idempotencyKey: string;
  fingerprint: string;
  status: number | null;
  answer: Json<unknown> | null;
  createdAt: Date;
}
