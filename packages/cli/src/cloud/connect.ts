import { type AgentClient, AGENT_PORT, EnvironmentId, WireGuardKey, createAgentClient } from "@cilo/api";
import { systemClock } from "@cilo/base";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { version } from "../version.ts";
import { loadDevice } from "./device.ts";
import { type CloudRecord, type Connection, writeCloudRecord } from "./record.ts";
import type { CloudSession } from "./session.ts";
import { applyTunnel, usedRoutes } from "./tunnel.ts";

/** A credential lives an hour; it is asked for anew some time before. */
const RENEW_AFTER_MS = 45 * 60_000;

/**
 * Registers this device with the environment's machine and leads its addresses there. Asked again it renews.
 * @throws CiloError `ROUTE_TAKEN`, naming the interface; `ROUTE_IN_USE` by the server
 */
export async function connect(
  context: CiloContext,
  session: CloudSession,
  record: CloudRecord & { readonly id: string },
): Promise<CloudRecord & { readonly id: string; readonly connection: Connection }> {
  const home = homeRoot(context);
  const connected = { ...record, connection: await exchange(context, session, record) };
  await writeCloudRecord(home, connected);
  try {
    await applyTunnel(context, session);
  } catch (error) {
    // What cannot be led there is not kept, or it would stand in the way of every other environment's.
    if (record.connection === undefined) await writeCloudRecord(home, record);
    throw error;
  }
  return connected;
}

async function exchange(
  context: CiloContext,
  session: CloudSession,
  record: CloudRecord & { readonly id: string },
): Promise<Connection> {
  const device = await loadDevice(homeRoot(context), session);
  const answer = await session.client.exchangeKeys({
    body: {
      environmentId: EnvironmentId.parse(record.id),
      clientPublicKey: WireGuardKey.parse(device.keys.publicKey),
      device: device.name,
      usedRoutes: await usedRoutes(context, session),
    },
    signal: context.signal,
  });
  return {
    machineKey: answer.machineWgPublicKey,
    machineEndpoint: answer.wgEndpoint,
    machineIp: answer.machineIp,
    presharedKey: answer.presharedKey,
    assignedIp: answer.assignedIp,
    routes: answer.routes,
    credential: answer.credential,
    renewAt: systemClock.now() + RENEW_AFTER_MS,
  };
}

/** Takes this device off the environment, here and, while the server answers, there. Other environments stay. */
export async function disconnect(context: CiloContext, session: CloudSession, record: CloudRecord): Promise<void> {
  const { connection: _, ...rest } = record;
  await writeCloudRecord(homeRoot(context), rest);
  await applyTunnel(context, session);
}

/** The environment's agent, through the tunnel, with a credential that holds. */
export function agentOf(
  context: CiloContext,
  session: CloudSession,
  record: CloudRecord & { readonly id: string; readonly connection: Connection },
): { readonly client: AgentClient; readonly baseUrl: string; readonly token: () => Promise<string> } {
  let { connection } = record;
  const token = async (): Promise<string> => {
    if (systemClock.now() >= connection.renewAt) {
      connection = await exchange(context, session, record);
      await writeCloudRecord(homeRoot(context), { ...record, connection });
    }
    return connection.credential;
  };
  const baseUrl = `http://${connection.machineIp}:${AGENT_PORT}`;
  return { client: createAgentClient({ baseUrl, token, userAgent: `cilo/${version}` }), baseUrl, token };
}
