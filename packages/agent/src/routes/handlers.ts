import { CiloError } from "@cilo/base";
import { type EnvironmentId, type OperationRequest, agentRoutes } from "@cilo/api";
import type { ContainerStatus } from "@cilo/engine";
import { openEngineApi } from "../engine/engine-api.ts";
import { serveExec } from "../engine/exec.ts";
import { readLogs } from "../engine/logs.ts";
import { AgentCode } from "../errors.ts";
import type { Machine, MachineParts } from "../machine.ts";
import type { Handlers } from "./app.ts";

export interface HandlerParts {
  readonly machine: Machine;
  readonly runtime: MachineParts["runtime"];
  /** Ends the streams of a device that lost something. */
  readonly cut: (address: string) => void;
}

/** What each route does. Who may call it has been settled before. */
export function createHandlers({ machine, runtime, cut }: HandlerParts): Handlers {
  const engineApi = async (signal: AbortSignal): Promise<ReturnType<typeof openEngineApi>> =>
    openEngineApi((await runtime.inspect({ signal })).endpoint);

  const containers = async (id: EnvironmentId, signal: AbortSignal): Promise<readonly ContainerStatus[]> => {
    const project = machine.environment(id).composeProject();
    if (project === undefined) return [];
    const { environments } = await runtime.status({ composeProject: project }, { signal });
    return environments.get(project) ?? [];
  };

  const containersOf = async (
    id: EnvironmentId,
    service: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly ContainerStatus[]> => {
    const all = await containers(id, signal);
    const wanted = service === undefined ? all : all.filter((one) => labelOf(one.service) === service);
    if (service !== undefined && wanted.length === 0)
      throw new CiloError(AgentCode.serviceNotFound, `there is no service ${service} that runs`, {
        hint: `There is: ${[...new Set(all.map((one) => labelOf(one.service)))].join(", ")}`,
      });
    return wanted;
  };

  const stop = async (kind: "down" | "destroy", { environmentId, operationId }: OperationRequest): Promise<void> =>
    await machine.environment(environmentId).start(kind, operationId);

  return {
    async up({ body, signal }) {
      const environment = await machine.ensure(body.environmentId, body.block);
      await environment.start("up", body.operationId, body);
      return await machine.describe(body.environmentId, signal);
    },
    async down({ body, signal }) {
      await stop("down", body);
      return await machine.describe(body.environmentId, signal);
    },
    async destroy({ body, signal }) {
      if (machine.has(body.environmentId)) await stop("destroy", body);
      return await machine.describe(body.environmentId, signal);
    },
    async status({ query, signal }) {
      const { environmentId, operationId, waitMs } = query;
      if (operationId !== undefined && waitMs !== undefined && machine.has(environmentId)) {
        const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
        await machine.environment(environmentId).settled(operationId, until);
      }
      return await machine.describe(environmentId, signal);
    },
    sync: async ({ body }) => await machine.openSync(body.environmentId),
    async logs({ query, signal }) {
      const { environmentId, service, follow, tail, since } = query;
      const found = await containersOf(environmentId, service, signal);
      return readLogs(await engineApi(signal), {
        containers: found.map((one) => ({ id: one.id, service: labelOf(one.service) })),
        follow: follow === true,
        tail,
        since,
        signal,
      });
    },
    async exec({ query, signal }, socket, inbox) {
      await machine.touch(query.environmentId);
      await serveExec(socket, inbox, {
        api: await engineApi(signal),
        containerOf: async (service) => {
          if (service === undefined) throw noService();
          const found = (await containersOf(query.environmentId, service, signal)).find(isRunning);
          if (found !== undefined) return found.id;
          throw new CiloError(AgentCode.serviceNotFound, `${service} does not run`, { hint: "Look at its logs" });
        },
        signal,
      });
      await machine.touch(query.environmentId);
    },
    events: ({ caller, query, signal }) =>
      Promise.resolve(
        machine.events.subscribe(caller.role === "environment" ? caller.environmentId : query.environmentId, signal),
      ),
    async addPeer({ body, signal }) {
      if (body.kind === "device") await machine.ensure(body.environmentId, body.block);
      await machine.peers.add(body, signal);
      await machine.refresh();
    },
    async removePeer({ body, signal }) {
      const address = machine.peers.addressOf(body.publicKey);
      if (address === undefined) return;
      // Before the tunnel is gone, so that the device hears of it; and what it opened meanwhile.
      cut(address);
      await machine.peers.remove(body, signal);
      await machine.refresh();
      cut(address);
    },
    wireguardStatus: async ({ signal }) => ({ peers: await machine.peers.status(signal) }),
    health: async ({ signal }) => await machine.health(signal),
  };
}

function isRunning(container: ContainerStatus): boolean {
  return container.state === "running";
}

function noService(): CiloError {
  return new CiloError(AgentCode.serviceNotFound, "a command runs in a service: name one", {
    hint: `See ${agentRoutes.status.path}`,
  });
}

/** A service's DNS label, by the rule of the engine: lower case, `_` and `.` become `-`. */
function labelOf(service: string): string {
  return service.toLowerCase().replaceAll(/[_.]/gu, "-");
}
