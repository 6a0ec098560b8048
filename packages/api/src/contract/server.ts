import * as z from "zod";
import { environmentRoutes, environmentStatuses } from "./environments.ts";
import { keyRoutes } from "./keys.ts";
import { machineRoutes, machineStatuses } from "./machines.ts";
import { type Route, route } from "./route.ts";
import { DisplayName, MachineId, Time } from "./values.ts";
import { wireguardRoutes } from "./wireguard.ts";

export const ServerHealth = z
  .object({
    live: z.boolean(),
    ready: z.boolean(),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.optional(z.string()) })),
  })
  .meta({ id: "ServerHealth" });
export type ServerHealth = z.infer<typeof ServerHealth>;

export const ServerStatus = z
  .object({
    version: z.string(),
    team: z.object({ id: z.string(), name: DisplayName }),
    key: z.object({ id: z.string(), name: DisplayName, scope: z.string() }),
    servers: z.array(z.object({ id: z.string(), lastSeen: Time, isThis: z.boolean() })),
    machines: z.record(z.enum(machineStatuses), z.int()),
    environments: z.record(z.enum(environmentStatuses), z.int()).meta({ description: "Of the team." }),
    troubles: z.array(
      z.object({
        machineId: z.optional(MachineId),
        subject: z.string(),
        message: z.string(),
        since: z.nullable(Time),
      }),
    ),
    reconcilers: z.array(
      z.object({ name: z.string(), lastRun: z.nullable(Time), durationMs: z.nullable(z.number()), result: z.string() }),
    ),
  })
  .meta({ id: "ServerStatus" });
export type ServerStatus = z.infer<typeof ServerStatus>;

const systemRoutes = {
  serverStatus: route({
    method: "GET",
    path: "/v1/status",
    summary: "Read who the key is, and how server, machines and environments are",
    access: { kind: "key", reach: { admin: "team", developer: "team", ci: "team" } },
    status: 200,
    answer: { kind: "json", schema: ServerStatus },
    codes: [],
  }),
  serverHealth: route({
    method: "GET",
    path: "/v1/health",
    summary: "Live and ready; 503 with NOT_READY while it is not",
    access: { kind: "public" },
    status: 200,
    answer: { kind: "json", schema: ServerHealth },
    codes: [],
  }),
  openApi: route({
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This contract as OpenAPI 3.1",
    access: { kind: "public" },
    status: 200,
    answer: { kind: "json", schema: z.record(z.string(), z.unknown()) },
    codes: [],
  }),
  metrics: route({
    method: "GET",
    path: "/metrics",
    summary: "Figures for Prometheus, where CILO_METRICS_ENABLED is set",
    access: { kind: "metrics" },
    status: 200,
    answer: { kind: "text", type: "text/plain; version=0.0.4; charset=utf-8" },
    codes: ["ROUTE_NOT_FOUND"],
  }),
} as const;

/** Every route of cilo-server. */
export const serverRoutes = {
  ...keyRoutes,
  ...environmentRoutes,
  ...wireguardRoutes,
  ...machineRoutes,
  ...systemRoutes,
} as const satisfies Record<string, Route>;
export type ServerRoutes = typeof serverRoutes;
