import type { AgentClient, AgentEnvironment, Environment } from "@cilo/api";
import { EnvironmentId } from "@cilo/api";
import type { EnvironmentStatus } from "@cilo/engine";
import { isCiloError } from "@cilo/base";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { given } from "../parameters.ts";
import { agentOf, connect } from "./connect.ts";
import { type Identified, findOnServer, readEnvironment, recordOf } from "./environment.ts";
import { publishNames } from "./names.ts";
import { type Connection, readCloudRecord, writeCloudRecord } from "./record.ts";
import { type CloudSession, type ServerFlag, openSession } from "./session.ts";
import { loadDevice } from "./device.ts";
import { isTunnelUp } from "./tunnel.ts";
import { type CloudEnvironmentData, type CloudView, cloudData, statusOf } from "./view.ts";

/** An environment on a server with what this machine knows of it. */
export interface CloudTarget {
  readonly session: CloudSession;
  readonly environment: Environment;
  readonly record: Identified;
}

/**
 * The environment of that name: on the server that it was made or connected to from here, else on the one that is meant.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND`, `NOT_LOGGED_IN`
 */
export async function cloudTarget(context: CiloContext, flags: ServerFlag, name: string): Promise<CloudTarget> {
  const known = await readCloudRecord(homeRoot(context), name);
  const session = await openSession(context, { server: flags.server ?? known?.server });
  const environment =
    known?.id === undefined || known.server !== session.url
      ? await findOnServer(context, session, name)
      : await readEnvironment(context, session, known.id);
  return { session, environment, record: await recordOf(context, session, environment) };
}

/** A target that this device is connected to, with its agent. */
export interface ConnectedTarget extends CloudTarget {
  readonly record: Identified & { readonly connection: Connection };
  readonly agent: AgentClient;
  readonly baseUrl: string;
  readonly token: () => Promise<string>;
}

/** As {@link cloudTarget}, with the tunnel there: made again after a reboot, made for the first time where it was not. */
export async function connectedTarget(context: CiloContext, flags: ServerFlag, name: string): Promise<ConnectedTarget> {
  return await connected(context, await cloudTarget(context, flags, name));
}

async function connected(context: CiloContext, target: CloudTarget): Promise<ConnectedTarget> {
  const { session } = target;
  const device = await loadDevice(homeRoot(context), session);
  const { connection } = target.record;
  const isUp = connection !== undefined && (await isTunnelUp(context, device, target.record));
  const record = isUp ? { ...target.record, connection } : await connect(context, session, target.record);
  await writeCloudRecord(homeRoot(context), record);
  const { client: agent, baseUrl, token } = agentOf(context, session, record);
  return { ...target, record, agent, baseUrl, token };
}

/** Has the environment's names answer here, with the addresses that the server says now. */
export async function refreshNames(context: CiloContext, { record }: CloudTarget): Promise<void> {
  await writeCloudRecord(homeRoot(context), record);
  if (record.connection !== undefined && record.services.length > 0) await publishNames(context, record);
}

/** What its machine says of it; `undefined` where it does not answer. */
async function askAgent(context: CiloContext, target: CloudTarget): Promise<AgentEnvironment | undefined> {
  const { connection } = target.record;
  if (connection === undefined) return undefined;
  const { client } = agentOf(context, target.session, { ...target.record, connection });
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(5000)]);
  try {
    return await client.status({ query: { environmentId: EnvironmentId.parse(target.record.id) }, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    if (isCiloError(error) || (error instanceof Error && error.name === "TimeoutError")) return undefined;
    throw error;
  }
}

/** As local commands see an environment. */
async function viewOf(context: CiloContext, target: CloudTarget): Promise<CloudView> {
  return {
    home: homeRoot(context),
    server: target.session.url,
    environment: target.environment,
    record: target.record,
    suffix: target.record.suffix,
    ...given({ agent: await askAgent(context, target) }),
  };
}

/** The status of an environment on a server, for whatever local commands make of one. */
export async function cloudStatus(
  context: CiloContext,
  flags: ServerFlag,
  name: string,
): Promise<{ readonly status: EnvironmentStatus; readonly data: CloudEnvironmentData; readonly target: CloudTarget }> {
  const target = await cloudTarget(context, flags, name);
  if (target.record.connection !== undefined) await refreshNames(context, target);
  const view = await viewOf(context, target);
  return { status: statusOf(view), data: cloudData(view), target };
}
