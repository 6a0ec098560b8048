import * as z from "zod";
import { PageQuery, pageOf } from "./pages.ts";
import { route } from "./route.ts";
import {
  Cidr,
  DisplayName,
  Endpoint,
  EnvironmentId,
  Format,
  Ipv4,
  Label,
  MachineId,
  Port,
  TeamId,
  Time,
  WireGuardKey,
} from "./values.ts";

export const environmentStatuses = [
  "provisioning",
  "syncing",
  "running",
  "stopped",
  "degraded",
  "failed",
  "destroying",
  "destroyed",
] as const;
export const EnvironmentStatus = z.enum(environmentStatuses);
export type EnvironmentStatus = z.infer<typeof EnvironmentStatus>;

export const Service = z
  .object({
    name: Label,
    ip: Ipv4.meta({ description: "Its address in the tunnel; the same while the environment lives." }),
    ports: z.array(Port).meta({ description: "The container's TCP ports." }),
    endpoints: z.optional(
      z
        .array(
          z.object({
            port: Port,
            protocol: z.enum(["tcp", "udp"]),
            published: z.optional(z.string().meta({ description: "Host port the project would publish it on." })),
            scheme: z.optional(z.enum(["http", "https"])),
          }),
        )
        .meta({ description: "All its ports, with what is known of them." }),
    ),
    hostnames: z.optional(z.array(z.string()).meta({ description: "Whole extra names it answers to." })),
    ingress: z.optional(z.boolean().meta({ description: "It answers to the project's own name." })),
  })
  .meta({ id: "Service" });
export type Service = z.infer<typeof Service>;

export const Peer = z
  .object({
    userId: DisplayName.meta({ description: "Name of the key that the device was registered with." }),
    device: DisplayName,
    publicKey: WireGuardKey,
    assignedIp: Ipv4,
    connectedAt: Time,
    leaseUntil: Time,
  })
  .meta({ id: "Peer" });
export type Peer = z.infer<typeof Peer>;

export const EnvironmentSource = z.enum(["cli", "ci", "api"]);

export const Environment = z
  .object({
    id: EnvironmentId,
    teamId: TeamId,
    name: Label,
    project: Label,
    format: Format,
    machineId: z.nullable(MachineId),
    status: EnvironmentStatus,
    reason: z.optional(z.string().meta({ description: "Why it is failed or degraded, or what it waits for." })),
    block: z.nullable(Cidr).meta({ description: "Where its services' addresses are; null once destroyed." }),
    services: z.array(Service),
    peers: z.array(Peer),
    createdAt: Time,
    createdBy: DisplayName,
    source: EnvironmentSource,
    exclusive: z.boolean(),
    lastActive: Time,
    deadline: z
      .nullable(Time)
      .meta({ description: "When it will be stopped or destroyed, unless it is used or extended." }),
    deadlineReason: z.nullable(z.string()),
  })
  .meta({ id: "Environment" });
export type Environment = z.infer<typeof Environment>;

/** How a client reaches the machine, through the tunnel once it has exchanged keys. */
export const MachineAccess = z
  .object({
    publicIp: z.string(),
    wgEndpoint: Endpoint,
    wgPublicKey: WireGuardKey,
    agentUrl: z.string().meta({ example: "http://10.225.0.2:8080" }),
    rsyncUrl: z
      .string()
      .meta({ description: "The module of this environment.", example: "rsync://10.225.0.2:8730/env_…/" }),
  })
  .meta({ id: "MachineAccess" });
export type MachineAccess = z.infer<typeof MachineAccess>;

/** Where a project lies in what is uploaded: a git work tree comes as a whole. */
export const ProjectPath = z
  .string()
  .max(4096)
  .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]*$/u, "expected a relative path without ..")
  .meta({ description: "The project's folder in what is uploaded; absent or empty: the top.", example: "apps/shop" });

export const CreateEnvironmentRequest = z
  .strictObject({
    name: Label,
    project: Label,
    format: Format,
    projectPath: z.optional(ProjectPath),
    source: z.optional(EnvironmentSource.meta({ description: "Default api." })),
    exclusive: z.optional(z.boolean().meta({ description: "A machine of its own, wiped before another gets it." })),
    keep: z.optional(z.boolean().meta({ description: "Never stopped or destroyed for being idle or old." })),
    ttlHours: z.optional(
      z.number().positive().max(8760).meta({ description: "Destroyed after so long, used or not." }),
    ),
    machine: z.optional(DisplayName.meta({ description: "Name of the machine it must run on." })),
    memoryMb: z.optional(z.int().min(1).max(4_194_304).meta({ description: "Memory to count for it. Default 1024." })),
    cpus: z.optional(z.number().min(0.1).max(1024).meta({ description: "Processors to count for it. Default 1." })),
    usedRoutes: z.optional(
      z.array(Cidr).max(1000).meta({ description: "Routes of the client; the block avoids them." }),
    ),
  })
  .meta({ id: "CreateEnvironmentRequest" });
export type CreateEnvironmentRequest = z.infer<typeof CreateEnvironmentRequest>;

export const CreatedEnvironment = z
  .object({ id: EnvironmentId, status: EnvironmentStatus, block: Cidr, machine: MachineAccess })
  .meta({ id: "CreatedEnvironment" });
export type CreatedEnvironment = z.infer<typeof CreatedEnvironment>;

export const ListEnvironmentsQuery = PageQuery.extend({
  status: z.optional(EnvironmentStatus),
  name: z.optional(Label),
  project: z.optional(Label),
});

export const ExtendRequest = z
  .strictObject({
    hours: z.optional(z.number().positive().max(8760).meta({ description: "The deadline moves to so long from now." })),
    keep: z.optional(z.boolean()),
  })
  .meta({ id: "ExtendRequest" });

export const LogsQuery = z.strictObject({
  service: z.optional(Label),
  follow: z.optional(z.stringbool().meta({ description: "Stay and send what comes. Default false." })),
  tail: z.optional(
    z.coerce.number().int().min(0).max(100_000).meta({ description: "Lines per service to begin with." }),
  ),
  since: z.optional(Time),
});

export const LogLine = z
  .object({ service: Label, time: z.optional(Time), stream: z.enum(["stdout", "stderr"]), line: z.string() })
  .meta({ id: "LogLine" });
export type LogLine = z.infer<typeof LogLine>;

/** Something that happened to an environment. Kinds are added; a client ignores those it does not know. */
export const EnvironmentEvent = z
  .object({
    time: Time,
    environmentId: EnvironmentId,
    kind: z.string().meta({ description: "state, phase, service, notice or audit" }),
    message: z.string(),
    service: z.optional(Label),
    status: z.optional(z.string()),
    phase: z.optional(z.string()),
  })
  .meta({ id: "EnvironmentEvent" });
export type EnvironmentEvent = z.infer<typeof EnvironmentEvent>;

const anyScope = { kind: "key", reach: { admin: "team", developer: "team", ci: "own" } } as const;
const EnvironmentParams = z.strictObject({ id: EnvironmentId });
const json = { kind: "json", schema: Environment } as const;
const changeCodes = ["ENVIRONMENT_NOT_FOUND", "STATE_CONFLICT"] as const;

export const environmentRoutes = {
  createEnvironment: route({
    method: "POST",
    path: "/v1/environments",
    summary: "Create an environment: a machine with room for it and a block of addresses",
    access: anyScope,
    body: CreateEnvironmentRequest,
    status: 201,
    answer: { kind: "json", schema: CreatedEnvironment },
    codes: [
      "ENVIRONMENT_EXISTS",
      "MACHINE_NOT_FOUND",
      "CAPACITY_EXHAUSTED",
      "ADDRESSES_EXHAUSTED",
      "IDEMPOTENCY_IN_PROGRESS",
      "IDEMPOTENCY_MISMATCH",
    ],
    isIdempotent: true,
  }),
  listEnvironments: route({
    method: "GET",
    path: "/v1/environments",
    summary: "List environments, newest first; destroyed ones when asked for by status",
    access: anyScope,
    query: ListEnvironmentsQuery,
    status: 200,
    answer: { kind: "json", schema: pageOf(Environment) },
    codes: ["CURSOR_INVALID"],
  }),
  getEnvironment: route({
    method: "GET",
    path: "/v1/environments/:id",
    summary: "Read an environment",
    access: anyScope,
    params: EnvironmentParams,
    status: 200,
    answer: json,
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
  destroyEnvironment: route({
    method: "DELETE",
    path: "/v1/environments/:id",
    summary: "Destroy an environment with its data; again is harmless",
    access: anyScope,
    params: EnvironmentParams,
    status: 202,
    answer: json,
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
  syncEnvironment: route({
    method: "POST",
    path: "/v1/environments/:id/sync",
    summary: "Say that the upload is complete: the machine reads the project and brings it up",
    access: anyScope,
    params: EnvironmentParams,
    query: z.strictObject({
      build: z.optional(z.stringbool().meta({ description: "Build images again. Default false." })),
    }),
    status: 202,
    answer: json,
    codes: changeCodes,
  }),
  stopEnvironment: route({
    method: "POST",
    path: "/v1/environments/:id/stop",
    summary: "Stop the services; data and addresses stay",
    access: anyScope,
    params: EnvironmentParams,
    status: 202,
    answer: json,
    codes: changeCodes,
  }),
  startEnvironment: route({
    method: "POST",
    path: "/v1/environments/:id/start",
    summary: "Start a stopped environment",
    access: anyScope,
    params: EnvironmentParams,
    status: 202,
    answer: json,
    codes: changeCodes,
  }),
  extendEnvironment: route({
    method: "POST",
    path: "/v1/environments/:id/extend",
    summary: "Move the deadline, or keep the environment",
    access: anyScope,
    params: EnvironmentParams,
    body: ExtendRequest,
    status: 200,
    answer: json,
    codes: changeCodes,
  }),
  environmentLogs: route({
    method: "GET",
    path: "/v1/environments/:id/logs",
    summary: "Stream what the services write",
    access: anyScope,
    params: EnvironmentParams,
    query: LogsQuery,
    status: 200,
    answer: { kind: "lines", schema: LogLine },
    codes: [...changeCodes, "SERVICE_NOT_FOUND", "MACHINE_UNREACHABLE"],
  }),
  environmentEvents: route({
    method: "GET",
    path: "/v1/environments/:id/events",
    summary: "Stream what happens to the environment",
    access: anyScope,
    params: EnvironmentParams,
    status: 200,
    answer: { kind: "lines", schema: EnvironmentEvent },
    codes: ["ENVIRONMENT_NOT_FOUND"],
  }),
} as const;
