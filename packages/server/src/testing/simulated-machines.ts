import {
  type AgentEnvironment,
  type AgentOperation,
  type AgentRoutes,
  type CredentialVerifier,
  type EnvironmentId,
  MachineId,
  type OperationId,
  PROBLEM_TYPE,
  type Route,
  type UpRequest,
  type WireGuardKey,
  agentRoutes,
  createVerifier,
  isApiCode,
  problemOf,
} from "@cilo/api";
import { CiloError, systemClock } from "@cilo/base";
import * as z from "zod";
import fastify, { type FastifyRequest } from "fastify";
import type { AddPeerRequest } from "@cilo/api";

/**
 * Machines without an engine: the agent's whole protocol over real HTTP, with real credentials, and environments that
 * are a few fields. Hundreds of them are one server on loopback.
 */
export interface SimulatedMachines extends AsyncDisposable {
  readonly url: string;
  /** How the machine behaves; made at its first use. */
  machine(id: string): SimulatedMachine;
}

export interface SimulatedMachine {
  readonly environments: Map<EnvironmentId, AgentEnvironment>;
  readonly peers: Map<WireGuardKey, AddPeerRequest[]>;
  readonly calls: string[];
  isAway: boolean;
  /** Milliseconds that `up` takes. */
  upMs: number;
  /** Environments whose `up` fails, by name. */
  readonly failing: Set<string>;
}

interface Inner extends SimulatedMachine {
  readonly id: MachineId;
  verifier?: Promise<CredentialVerifier>;
}

export async function startSimulatedMachines(options: {
  readonly credentialKey: () => Promise<string>;
}): Promise<SimulatedMachines> {
  const machines = new Map<string, Inner>();
  const machine = (id: string): Inner => {
    const known = machines.get(id) ?? {
      id: MachineId.parse(id),
      environments: new Map(),
      peers: new Map(),
      calls: [],
      isAway: false,
      upMs: 5,
      failing: new Set<string>(),
    };
    machines.set(id, known);
    return known;
  };
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler(async (error, _, reply) => {
    const code = error instanceof CiloError && isApiCode(error.code) ? error.code : "INTERNAL";
    const problem = problemOf(code, error instanceof Error ? error.message : String(error));
    await reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
  });
  for (const [name, route] of Object.entries<Route>(agentRoutes)) {
    if (route.answer.kind === "socket") continue;
    app.route({
      method: route.method,
      url: `/:machine${route.path}`,
      handler: async (request, reply) => {
        const { machine: id } = z.object({ machine: z.string() }).parse(request.params);
        const on = machine(id);
        if (on.isAway) return request.raw.socket.destroy();
        await authorize({ on, route, request }, options);
        on.calls.push(name);
        const call = { query: route.query?.parse(request.query), body: route.body?.parse(request.body) };
        const answered = answerOf(name, on, call);
        if (route.answer.kind !== "lines") return await reply.code(route.status).send(answered);
        return await reply.type("application/x-ndjson").send(
          `${z
            .array(z.unknown())
            .parse(answered)
            .map((line) => JSON.stringify(line))
            .join("\n")}\n`,
        );
      },
    });
  }
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, machine, [Symbol.asyncDispose]: async () => await app.close() };
}

async function authorize(
  { on, route, request }: { on: Inner; route: Route; request: FastifyRequest },
  { credentialKey }: { credentialKey: () => Promise<string> },
): Promise<void> {
  on.verifier ??= credentialKey().then(async (publicKey) => await createVerifier({ publicKey, machineId: on.id }));
  const token = (request.headers.authorization ?? "").replace("Bearer ", "");
  const claims = await (await on.verifier).verify(token, { nowMs: systemClock.now() });
  if (route.access.kind !== "credential" || !route.access.roles.includes(claims.role))
    throw new CiloError("FORBIDDEN", "not for this role");
}

function answerOf(name: string, on: Inner, call: unknown): unknown {
  const found = Object.entries(handlers).find(([known]) => known === name)?.[1];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a route and its handler meet here; each is typed by itself
  return (found as ((on: Inner, call: unknown) => unknown) | undefined)?.(on, call);
}

const absent = (environmentId: EnvironmentId): AgentEnvironment => ({
  environmentId,
  state: "absent",
  services: [],
  activity: { lastActive: new Date(0).toISOString(), payloadBytes: 0 },
});

function begin(
  on: Inner,
  operation: { id: OperationId; kind: AgentOperation["kind"]; environmentId: EnvironmentId },
): AgentEnvironment | undefined {
  const known = on.environments.get(operation.environmentId) ?? absent(operation.environmentId);
  if (known.operation?.id === operation.id) return undefined;
  const { id, kind } = operation;
  const begun: AgentEnvironment = {
    ...known,
    state: "working",
    operation: { id, kind, state: "working", startedAt: new Date().toISOString() },
  };
  on.environments.set(operation.environmentId, begun);
  return begun;
}

function end(on: Inner, begun: AgentEnvironment, result: Partial<AgentEnvironment>): void {
  const now = on.environments.get(begun.environmentId);
  if (now?.operation === undefined || now.operation.id !== begun.operation?.id) return;
  const operation = result.operation ?? { ...now.operation, state: "done", phases: { start: on.upMs } };
  on.environments.set(begun.environmentId, { ...now, ...result, operation });
}

function up(on: Inner, request: UpRequest): void {
  const begun = begin(on, { id: request.operationId, kind: "up", environmentId: request.environmentId });
  if (begun?.operation === undefined) return;
  const { operation } = begun;
  const [a, b, c] = request.block.split("/")[0]?.split(".") ?? [];
  const host = Number(request.block.split("/")[0]?.split(".")[3]) + 2;
  const services = ["web", "db"].map((name, index) => ({
    name,
    ip: `${a}.${b}.${c}.${host + index}`,
    ports: [3000 + index],
    state: "running",
  }));
  setTimeout(() => {
    const isFailing = on.failing.has(request.name);
    const error = { code: "UP_FAILED", message: "web does not build", hint: "cilo cloud logs" };
    end(
      on,
      begun,
      isFailing
        ? { state: "failed", operation: { ...operation, state: "failed", error } }
        : { state: "running", services },
    );
  }, on.upMs);
}

type Call<Name extends keyof AgentRoutes> = {
  readonly query: AgentRoutes[Name] extends { query: infer Q extends { _zod: { output: unknown } } }
    ? Q["_zod"]["output"]
    : undefined;
  readonly body: AgentRoutes[Name] extends { body: infer B extends { _zod: { output: unknown } } }
    ? B["_zod"]["output"]
    : undefined;
};

const handlers = {
  up: (on: Inner, { body }: Call<"up">) => {
    up(on, body);
    return on.environments.get(body.environmentId);
  },
  down: (on: Inner, { body }: Call<"down">) => {
    const begun = begin(on, { id: body.operationId, kind: "down", environmentId: body.environmentId });
    if (begun !== undefined) end(on, begun, { state: "stopped" });
    return on.environments.get(body.environmentId);
  },
  destroy: (on: Inner, { body }: Call<"destroy">) => {
    on.environments.delete(body.environmentId);
    for (const [key, requests] of on.peers) {
      const left = requests.filter((one) => one.kind !== "device" || one.environmentId !== body.environmentId);
      if (left.length === 0) on.peers.delete(key);
      else on.peers.set(key, left);
    }
    return absent(body.environmentId);
  },
  status: (on: Inner, { query }: Call<"status">) =>
    on.environments.get(query.environmentId) ?? absent(query.environmentId),
  sync: () => ({ url: "rsync://127.0.0.1/x/", user: "x", password: "x", expiresAt: new Date().toISOString() }),
  logs: () => [{ service: "web", stream: "stdout", line: "hello" }],
  events: () => [],
  addPeer: (on: Inner, { body }: Call<"addPeer">) => {
    const others = (on.peers.get(body.publicKey) ?? []).filter(
      (one) =>
        one.kind !== body.kind ||
        (one.kind === "device" && body.kind === "device" && one.environmentId !== body.environmentId),
    );
    on.peers.set(body.publicKey, [...others, body]);
    return undefined;
  },
  removePeer: (on: Inner, { body }: Call<"removePeer">) => {
    const left = (on.peers.get(body.publicKey) ?? []).filter(
      (one) => body.environmentId !== undefined && one.kind === "device" && one.environmentId !== body.environmentId,
    );
    if (left.length === 0) on.peers.delete(body.publicKey);
    else on.peers.set(body.publicKey, left);
    return undefined;
  },
  wireguardStatus: (on: Inner) => ({
    peers: [...on.peers].map(([publicKey, [first]]) => ({
      kind: first?.kind ?? "device",
      publicKey,
      assignedIp: first?.assignedIp ?? "",
      environments: [],
      leaseUntil: null,
      lastHandshake: null,
      rxBytes: 1,
      txBytes: 2,
    })),
  }),
  health: (on: Inner) => ({
    machineId: on.id,
    version: "0.1.0",
    time: new Date().toISOString(),
    engine: { name: "docker", version: "20.10", isReachable: true },
    resources: { memoryTotalMb: 16_384, memoryFreeMb: 8000, diskFreeMb: 100_000, cpus: 8, load: 0 },
    peers: on.peers.size,
    environments: [...on.environments.values()],
  }),
};
