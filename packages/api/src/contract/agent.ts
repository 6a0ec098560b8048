import * as z from "zod";
import { EnvironmentEvent, LogLine, LogsQuery, ProjectPath, Service } from "./environments.ts";
import { type Role, type Route, route } from "./route.ts";
import {
  Cidr,
  DisplayName,
  Engine,
  EnvironmentId,
  Format,
  Ipv4,
  Label,
  MachineId,
  OperationId,
  Time,
  WireGuardKey,
} from "./values.ts";

/** The agent serves at this port of the machine's tunnel address, and nowhere else. */
export const AGENT_PORT = 8080;
/** The rsync daemon serves at this port of the machine's tunnel address. */
export const RSYNC_PORT = 8730;

/** `working`: an operation is under way. `prepared`: its folder is there, nothing has run yet. */
export const AgentEnvironmentState = z.enum([
  "absent",
  "prepared",
  "working",
  "running",
  "degraded",
  "stopped",
  "failed",
]);
export type AgentEnvironmentState = z.infer<typeof AgentEnvironmentState>;

const FailedOperation = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.optional(z.string()),
  problems: z.optional(
    z.array(
      z.object({
        message: z.string(),
        hint: z.optional(z.string()),
        attribute: z.optional(z.string()),
        file: z.optional(z.string()),
        line: z.optional(z.int()),
      }),
    ),
  ),
});

/** The last operation that was asked for. Kept until the next one, also over a restart of the agent. */
export const AgentOperation = z
  .object({
    id: OperationId,
    kind: z.enum(["up", "down", "destroy"]),
    state: z.enum(["working", "done", "failed"]),
    phase: z.optional(z.string().meta({ description: "What it does now: parse, build, start, …" })),
    startedAt: Time,
    phases: z.optional(
      z.record(z.string(), z.number()).meta({ description: "Milliseconds per phase that has ended." }),
    ),
    error: z.optional(FailedOperation),
  })
  .meta({ id: "AgentOperation" });
export type AgentOperation = z.infer<typeof AgentOperation>;

export const AgentService = Service.extend({
  state: z.string().meta({ description: "As the engine says: running, exited, …" }),
  health: z.optional(z.enum(["starting", "healthy", "unhealthy"])),
  memoryBytes: z.optional(z.number()),
  cpuPercent: z.optional(z.number()),
}).meta({ id: "AgentService" });
export type AgentService = z.infer<typeof AgentService>;

/** Use that counts: payload bytes to service addresses, exec, sync, operations; never keepalives, handshakes, reads. */
export const Activity = z
  .object({
    lastActive: Time,
    payloadBytes: z.number().meta({ description: "Since the environment is on the machine." }),
  })
  .meta({ id: "Activity" });

export const AgentEnvironment = z
  .object({
    environmentId: EnvironmentId,
    state: AgentEnvironmentState,
    reason: z.optional(z.string()),
    services: z.array(AgentService),
    activity: Activity,
    operation: z.optional(AgentOperation),
  })
  .meta({ id: "AgentEnvironment" });
export type AgentEnvironment = z.infer<typeof AgentEnvironment>;

/** What the machine must know to run an environment. The files come by rsync. */
export const UpRequest = z
  .strictObject({
    environmentId: EnvironmentId,
    operationId: OperationId,
    name: Label,
    project: Label,
    format: Format,
    projectPath: z.optional(ProjectPath),
    build: z.optional(z.boolean().meta({ description: "Build images again." })),
    block: Cidr.meta({ description: "Where its services get their tunnel addresses." }),
    allowPrivileged: z.boolean().meta({ description: "The policy of shared machines is lifted." }),
  })
  .meta({ id: "UpRequest" });
export type UpRequest = z.infer<typeof UpRequest>;

export const OperationRequest = z
  .strictObject({ environmentId: EnvironmentId, operationId: OperationId })
  .meta({ id: "OperationRequest" });
export type OperationRequest = z.infer<typeof OperationRequest>;

export const StatusQuery = z.strictObject({
  environmentId: EnvironmentId,
  operationId: z.optional(OperationId),
  waitMs: z.optional(
    z.coerce
      .number()
      .int()
      .min(0)
      .max(30_000)
      .meta({ description: "Answer when `operationId` has ended, at the latest after so long." }),
  ),
});

export const SyncAccess = z
  .object({
    url: z.string().meta({ example: "rsync://10.225.0.2:8730/env_…/" }),
    workspaceUrl: z.optional(
      z.string().meta({ description: "To read the files as they are on the machine now, edits made there included." }),
    ),
    user: z.string(),
    password: z.string().meta({ description: "For RSYNC_PASSWORD. Ends with `expiresAt`." }),
    expiresAt: Time,
  })
  .meta({ id: "SyncAccess" });
export type SyncAccess = z.infer<typeof SyncAccess>;

/** A peer of the machine's interface. A device's reaches the blocks of its environments and nothing else. */
export const AddPeerRequest = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("device"),
      publicKey: WireGuardKey,
      presharedKey: WireGuardKey,
      assignedIp: Ipv4,
      device: DisplayName,
      environmentId: EnvironmentId,
      block: Cidr,
      leaseUntil: Time.meta({ description: "Removed by the machine itself after it." }),
    }),
    z.strictObject({
      kind: z.literal("server"),
      publicKey: WireGuardKey,
      assignedIp: Ipv4,
    }),
  ])
  .meta({ id: "AddPeerRequest" });
export type AddPeerRequest = z.infer<typeof AddPeerRequest>;

export const RemovePeerRequest = z
  .strictObject({
    publicKey: WireGuardKey,
    environmentId: z.optional(
      EnvironmentId.meta({ description: "Off this one alone; absent: off the machine, with its open streams." }),
    ),
  })
  .meta({ id: "RemovePeerRequest" });
export type RemovePeerRequest = z.infer<typeof RemovePeerRequest>;

export const AgentPeer = z
  .object({
    kind: z.enum(["device", "server"]),
    publicKey: WireGuardKey,
    assignedIp: Ipv4,
    environments: z.array(EnvironmentId),
    leaseUntil: z.nullable(Time),
    lastHandshake: z.nullable(Time),
    rxBytes: z.number(),
    txBytes: z.number(),
  })
  .meta({ id: "AgentPeer" });
export type AgentPeer = z.infer<typeof AgentPeer>;

export const AgentHealth = z
  .object({
    machineId: MachineId,
    version: z.string(),
    time: Time,
    engine: z.object({ name: Engine, version: z.string(), isReachable: z.boolean(), reason: z.optional(z.string()) }),
    resources: z.object({
      memoryTotalMb: z.number(),
      memoryFreeMb: z.number(),
      diskFreeMb: z.number(),
      cpus: z.number(),
      load: z.number().meta({ description: "Over one minute." }),
    }),
    peers: z.int(),
    environments: z.array(
      AgentEnvironment.pick({ environmentId: true, state: true, reason: true, services: true, activity: true }),
    ),
  })
  .meta({ id: "AgentHealth" });
export type AgentHealth = z.infer<typeof AgentHealth>;

const server = { kind: "credential", roles: ["server"] } as const satisfies { kind: string; roles: Role[] };
const client = { kind: "credential", roles: ["environment"] } as const satisfies { kind: string; roles: Role[] };
const both = { kind: "credential", roles: ["server", "environment"] } as const satisfies {
  kind: string;
  roles: Role[];
};
const environment = { kind: "json", schema: AgentEnvironment } as const;
const OneEnvironment = z.strictObject({ environmentId: EnvironmentId });

/** Every route of cilo-agent. A client's credential names one environment; another's answers as if it did not exist. */
export const agentRoutes = {
  up: route({
    method: "POST",
    path: "/environment/up",
    summary: "Read the project in the workspace and bring it up. Answers at once; the status tells how it goes",
    access: server,
    body: UpRequest,
    status: 202,
    answer: environment,
    codes: ["OPERATION_IN_PROGRESS"],
  }),
  down: route({
    method: "POST",
    path: "/environment/down",
    summary: "Stop the services; data and addresses stay",
    access: server,
    body: OperationRequest,
    status: 202,
    answer: environment,
    codes: ["ENVIRONMENT_NOT_FOUND", "OPERATION_IN_PROGRESS"],
  }),
  destroy: route({
    method: "POST",
    path: "/environment/destroy",
    summary: "Remove everything of an environment, peers too; stops what is under way; done already is done",
    access: server,
    body: OperationRequest,
    status: 202,
    answer: environment,
    codes: [],
  }),
  status: route({
    method: "GET",
    path: "/environment/status",
    summary: "Read an environment and its last operation. One that is not there is `absent`",
    access: both,
    query: StatusQuery,
    status: 200,
    answer: environment,
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
  sync: route({
    method: "POST",
    path: "/environment/sync",
    summary: "Open the environment's rsync module for an hour",
    access: client,
    body: OneEnvironment,
    status: 200,
    answer: { kind: "json", schema: SyncAccess },
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
  logs: route({
    method: "GET",
    path: "/environment/logs",
    summary: "Stream what the services write",
    access: both,
    query: LogsQuery.extend({ environmentId: EnvironmentId }),
    status: 200,
    answer: { kind: "lines", schema: LogLine },
    codes: ["ENVIRONMENT_NOT_FOUND", "SERVICE_NOT_FOUND"],
  }),
  exec: route({
    method: "GET",
    path: "/environment/exec",
    summary: "Run a command, over a WebSocket (see exec frames)",
    access: client,
    query: OneEnvironment,
    status: 200,
    answer: { kind: "socket" },
    codes: ["ENVIRONMENT_NOT_FOUND", "SERVICE_NOT_FOUND"],
  }),
  events: route({
    method: "GET",
    path: "/environment/events",
    summary: "Stream what happens; a server may leave out the environment and gets all of the machine",
    access: both,
    query: z.strictObject({ environmentId: z.optional(EnvironmentId) }),
    status: 200,
    answer: { kind: "lines", schema: EnvironmentEvent },
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
  addPeer: route({
    method: "POST",
    path: "/wireguard/add-peer",
    summary: "Add a peer, or bring its lease, environment or addresses up to date; no other peer is disturbed",
    access: server,
    body: AddPeerRequest,
    status: 204,
    answer: { kind: "nothing" },
    codes: [],
  }),
  removePeer: route({
    method: "POST",
    path: "/wireguard/remove-peer",
    summary: "Remove a peer; done already is done",
    access: server,
    body: RemovePeerRequest,
    status: 204,
    answer: { kind: "nothing" },
    codes: [],
  }),
  wireguardStatus: route({
    method: "GET",
    path: "/wireguard/status",
    summary: "Read the peers of the machine's interface",
    access: server,
    status: 200,
    answer: { kind: "json", schema: z.object({ peers: z.array(AgentPeer) }) },
    codes: [],
  }),
  health: route({
    method: "GET",
    path: "/health",
    summary: "Read the machine: engine, resources, every environment",
    access: server,
    status: 200,
    answer: { kind: "json", schema: AgentHealth },
    codes: [],
  }),
} as const satisfies Record<string, Route>;
export type AgentRoutes = typeof agentRoutes;
