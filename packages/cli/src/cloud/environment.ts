import { CiloError } from "@cilo/base";
import { type Environment, EnvironmentId } from "@cilo/api";
import { EngineCode } from "@cilo/engine";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { type CloudRecord, readCloudRecord } from "./record.ts";
import type { CloudSession } from "./session.ts";

export type Identified = CloudRecord & { readonly id: string };

/**
 * The environment of that name on the server.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND`
 */
export async function findOnServer(context: CiloContext, session: CloudSession, name: string): Promise<Environment> {
  const { items } = await session.client.listEnvironments({ query: { name, limit: 1 }, signal: context.signal });
  const [found] = items;
  if (found !== undefined) return found;
  throw new CiloError(EngineCode.environmentNotFound, `there is no environment ${name} on ${session.url}`, {
    hint: "See what there is: cilo cloud list",
  });
}

/** What the server says of the environment now. */
export async function readEnvironment(context: CiloContext, session: CloudSession, id: string): Promise<Environment> {
  return await session.client.getEnvironment({ params: { id: EnvironmentId.parse(id) }, signal: context.signal });
}

/**
 * What this machine knows of it, brought up to what the server says; a new record, not written yet, where it knew
 * nothing of it.
 */
export async function recordOf(
  context: CiloContext,
  session: CloudSession,
  environment: Environment,
): Promise<Identified> {
  const known = await readCloudRecord(homeRoot(context), environment.name);
  if (known !== undefined && known.server !== session.url) throw ofAnotherServer(known);
  const { deps } = await context.wiring();
  return {
    version: 1,
    environment: environment.name,
    format: environment.format,
    server: session.url,
    suffix: known?.suffix ?? deps.defaultSuffix,
    idempotencyKey: known?.idempotencyKey ?? "",
    ...(known?.source === undefined ? {} : { source: known.source }),
    // What another environment of that name had is not this one's.
    ...(known?.connection === undefined || known.id !== environment.id ? {} : { connection: known.connection }),
    id: environment.id,
    project: environment.project,
    services: environment.services.map((service) => ({ ...service, ports: [...service.ports] })),
  };
}

/** The names of one environment are one server's. */
export function ofAnotherServer({ environment, server }: CloudRecord): CiloError {
  return new CiloError(EngineCode.nameTaken, `${environment} is an environment on ${server} here`, {
    hint: `Disconnect it first: cilo cloud disconnect ${environment} --server ${server}`,
  });
}
