import * as z from "zod";
import { PageQuery, pageOf } from "./pages.ts";
import { route } from "./route.ts";
import { DisplayName, Endpoint, Engine, MachineId, Port, Time, WireGuardKey } from "./values.ts";

export const machineStatuses = [
  "registering",
  "provisioning",
  "ready",
  "assigned",
  "unhealthy",
  "draining",
  "destroying",
] as const;
export const MachineStatus = z.enum(machineStatuses);
export type MachineStatus = z.infer<typeof MachineStatus>;

/** What a machine may carry, all environments together. */
export const Capacity = z
  .object({ environments: z.int().min(1).max(1000), memoryMb: z.int().min(1), cpus: z.number().min(0.1) })
  .meta({ id: "Capacity" });
export type Capacity = z.infer<typeof Capacity>;

/** A host name or address, as OpenSSH takes it; never an option. */
export const Host = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/u, "expected a host name or an address");
export const SshUser = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/u, "expected the name of a user");

export const Machine = z
  .object({
    id: MachineId,
    name: DisplayName,
    providerId: z.string(),
    providerType: z.enum(["manual", "hetzner"]),
    publicIp: z.string(),
    wgPublicKey: z.nullable(WireGuardKey),
    wgEndpoint: Endpoint,
    status: MachineStatus,
    reason: z.optional(z.string().meta({ description: "Why it is unhealthy, or how far its registration is." })),
    sshHost: Host,
    sshUser: SshUser,
    sshPort: Port,
    engine: z.nullable(Engine),
    region: z.nullable(z.string()),
    size: z.nullable(z.string()),
    capacity: Capacity,
    environments: z.int().meta({ description: "How many it carries." }),
    createdAt: Time,
  })
  .meta({ id: "Machine" });
export type Machine = z.infer<typeof Machine>;

export const AddMachineRequest = z
  .strictObject({
    name: DisplayName,
    host: Host,
    sshUser: SshUser,
    sshPort: z.optional(Port.meta({ description: "Default 22." })),
    sshKey: z.optional(
      z
        .string()
        .regex(/^\/[^\0\n]{1,4095}$/u, "expected an absolute path")
        .meta({ description: "Path of a private key on the server's host." }),
    ),
    hostKey: z.optional(
      z
        .string()
        .regex(/^SHA256:[A-Za-z0-9+/]{43}$/u, "expected SHA256:…")
        .meta({ description: "Fingerprint that the host must show. Without it the first key seen is pinned." }),
    ),
    endpoint: z.optional(Endpoint.meta({ description: "Where laptops reach its WireGuard. Default host:51820." })),
    capacity: z.optional(
      z
        .strictObject({
          environments: z.optional(Capacity.shape.environments),
          memoryMb: z.optional(Capacity.shape.memoryMb),
          cpus: z.optional(Capacity.shape.cpus),
        })
        .meta({ description: "Default: 10 environments, and the memory and processors it has." }),
    ),
    engine: z.optional(Engine.meta({ description: "Default: the one that is there, else Docker." })),
    firewall: z.optional(z.boolean().meta({ description: "Limit the machine to SSH and WireGuard." })),
    allowPrivileged: z.optional(z.boolean().meta({ description: "Let exclusive environments own the machine." })),
    region: z.optional(DisplayName),
  })
  .meta({ id: "AddMachineRequest" });
export type AddMachineRequest = z.infer<typeof AddMachineRequest>;

const readers = { kind: "key", reach: { admin: "team", developer: "team", ci: "none" } } as const;
const admins = { kind: "key", reach: { admin: "team", developer: "none", ci: "none" } } as const;
const MachineParams = z.strictObject({ id: MachineId });

export const machineRoutes = {
  addMachine: route({
    method: "POST",
    path: "/v1/machines",
    summary: "Register a machine over SSH: pin its host key, install the agent, verify it",
    access: admins,
    body: AddMachineRequest,
    status: 201,
    answer: { kind: "json", schema: Machine },
    codes: ["MACHINE_EXISTS", "ADDRESSES_EXHAUSTED", "IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_MISMATCH"],
    isIdempotent: true,
  }),
  listMachines: route({
    method: "GET",
    path: "/v1/machines",
    summary: "List the machines",
    access: readers,
    query: PageQuery,
    status: 200,
    answer: { kind: "json", schema: pageOf(Machine) },
    codes: ["CURSOR_INVALID"],
  }),
  getMachine: route({
    method: "GET",
    path: "/v1/machines/:id",
    summary: "Read a machine",
    access: readers,
    params: MachineParams,
    status: 200,
    answer: { kind: "json", schema: Machine },
    codes: ["MACHINE_NOT_FOUND"],
  }),
  removeMachine: route({
    method: "DELETE",
    path: "/v1/machines/:id",
    summary: "Take every trace of Cilo off a machine and forget it; the machine itself stays",
    access: admins,
    params: MachineParams,
    query: z.strictObject({
      force: z.optional(z.stringbool().meta({ description: "Destroy its environments first." })),
    }),
    status: 202,
    answer: { kind: "json", schema: Machine },
    codes: ["MACHINE_NOT_FOUND", "MACHINE_IN_USE"],
  }),
} as const;
