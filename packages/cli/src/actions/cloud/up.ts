import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { CiloError, isCiloError, lock } from "@cilo/base";
import { EnvironmentId, type CreateEnvironmentRequest, type Environment } from "@cilo/api";
import {
  EngineCode,
  type OffloadedProject,
  type OperationContext,
  environmentFolders,
  prepareOffloadedCopy,
  readOffloadedProject,
} from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { agentOf, connect } from "../../cloud/connect.ts";
import { type Identified, ofAnotherServer } from "../../cloud/environment.ts";
import { sendWorkspace } from "../../cloud/files.ts";
import { publishNames } from "../../cloud/names.ts";
import { type CloudPhases, createPhases } from "../../cloud/progress.ts";
import { type CloudRecord, cloudPaths, readCloudRecord, writeCloudRecord } from "../../cloud/record.ts";
import { type CloudSession, type ServerFlag, openSession } from "../../cloud/session.ts";
import { usedRoutes } from "../../cloud/tunnel.ts";
import { cloudData, knownService } from "../../cloud/view.ts";
import { untilAnswering, untilReachable, untilRunning } from "../../cloud/wait.ts";
import type { CiloContext } from "../../context.ts";
import { servicesTable } from "../../environment-text.ts";
import { homeRoot } from "../../home-root.ts";
import { withProgress } from "../../operation.ts";
import { parsers } from "../../parsers.ts";
import { given } from "../../parameters.ts";
import type { Format } from "../../project-flags.ts";

export interface CloudUpFlags extends GlobalFlags, ServerFlag {
  readonly from: string | undefined;
  readonly build: boolean;
  readonly exclusive: boolean;
  /** Hours. */
  readonly ttl: number | undefined;
  readonly keep: boolean;
  readonly machine: string | undefined;
  readonly detach: boolean;
  readonly format: Format | undefined;
}

/** `cilo cloud up` */
export default async function cloudUp(context: CiloContext, flags: CloudUpFlags, name: string): Promise<Answer> {
  return await upOnServer(context, flags, name);
}

/** Brings an environment up on a server, and its names up here. */
export async function upOnServer(context: CiloContext, flags: CloudUpFlags, name: string): Promise<Answer> {
  const session = await openSession(context, flags);
  return await withProgress(context, async (operation) => {
    const home = homeRoot(context);
    await using _ = await lock(join(home, "locks", `env-${name}`), {
      signal: context.signal,
      onWait: () => operation.onEvent({ kind: "waiting", what: `another command with ${name}` }),
    });
    return await bringUp({ context, session, operation, flags, name, phases: createPhases(operation) });
  });
}

interface Up {
  readonly context: CiloContext;
  readonly session: CloudSession;
  readonly operation: OperationContext;
  readonly flags: CloudUpFlags;
  readonly name: string;
  readonly phases: CloudPhases;
}

async function bringUp(up: Up): Promise<Answer> {
  const { context, session, name, phases, flags } = up;
  const { deps: common } = await context.wiring();
  const deps = { ...common, parsers };
  const known = await takeName(up);
  const folder = resolve(context.cwd, flags.from ?? (known?.source === undefined ? "." : sourceFolder(known.source)));
  const project = await phases.phase("parse", "reading the project", () =>
    readOffloadedProject(deps, { folder, ...given({ format: flags.format }) }),
  );
  tellOfProject(up, project);
  const paths = cloudPaths(homeRoot(context), name);
  const copy = { environment: name, workspace: paths.workspace, baseline: paths.baseline };
  const started = await writeStarted(up, project, known);
  const copying = phases.phase("copy", "copying the source", () =>
    prepareOffloadedCopy(deps, { project, copy }, up.operation),
  );
  const [synced, reached] = await bothOrNeither(copying, reach(up, started, project));
  await phases.phase("files", "sending files", () =>
    sendWorkspace(context, reached.agent, { environmentId: reached.id, environment: name }),
  );
  await session.client.syncEnvironment({
    params: { id: reached.id },
    query: flags.build ? { build: true } : {},
    signal: context.signal,
  });
  const environment = flags.detach
    ? await session.client.getEnvironment({ params: { id: reached.id }, signal: context.signal })
    : await phases.phase("machine", "starting services on the machine", () =>
        untilRunning(context, up.operation, { session, id: reached.id, agent: reached.agent }),
      );
  const record = { ...reached.record, services: environment.services.map(knownService) };
  await writeCloudRecord(homeRoot(context), record);
  if (record.services.length > 0) await phases.phase("names", "publishing names", () => publishNames(context, record));
  return await answer(up, { environment, record, created: known?.id === undefined, synced, reached });
}

function sourceFolder({ root, projectPath }: NonNullable<CloudRecord["source"]>): string {
  return join(root, projectPath);
}

/** Names are unique on a machine, over local environments and all servers. @throws CiloError `NAME_TAKEN` */
async function takeName({ context, session, name }: Up): Promise<CloudRecord | undefined> {
  const { home } = await context.wiring();
  const local = (await environmentFolders(home)).find(({ environment }) => environment === name);
  if (local !== undefined)
    throw new CiloError(EngineCode.nameTaken, `${name} is an environment of ${local.project} on this machine`, {
      hint: `Choose another name, or remove that one: cilo destroy ${name}`,
    });
  const known = await readCloudRecord(home.root, name);
  if (known !== undefined && known.server !== session.url) throw ofAnotherServer(known);
  return known;
}

function tellOfProject({ context, operation }: Up, project: OffloadedProject): void {
  for (const notice of project.notices) operation.onEvent({ kind: "notice", notice });
  if (project.passedOver.length > 0)
    context.output.notice(`read as ${project.format}; the folder is also ${project.passedOver.join(", ")}`);
}

async function writeStarted({ context, session, name }: Up, project: OffloadedProject, known: CloudRecord | undefined) {
  const record: CloudRecord = {
    version: 1,
    environment: name,
    project: project.project,
    format: project.format,
    server: session.url,
    suffix: project.suffix,
    idempotencyKey: known?.idempotencyKey || randomUUID(),
    source: { root: project.source.sourceRoot, projectPath: project.source.projectPath },
    services: known?.services ?? [],
    ...given({ id: known?.id, connection: known?.connection }),
  };
  await writeCloudRecord(homeRoot(context), record);
  return record;
}

/** Creates the environment on the server, or finds the one that is there, and reaches its machine. */
async function reach(up: Up, started: CloudRecord, project: OffloadedProject) {
  const { context, session, phases } = up;
  const record = await phases.phase("create", `creating ${up.name} on ${session.url}`, () =>
    created(up, started, project),
  );
  await phases.phase("provision", "waiting for a machine", () => untilReachable(context, session, record.id));
  return await phases.phase("tunnel", "making the tunnel", async () => {
    const connected = await connect(context, session, record);
    const agent = agentOf(context, session, connected).client;
    const id = EnvironmentId.parse(record.id);
    await untilAnswering(context, agent, { environmentId: id, machineIp: connected.connection.machineIp });
    return { record: connected, agent, id };
  });
}

async function created(up: Up, started: CloudRecord, project: OffloadedProject): Promise<Identified> {
  const { context, session, flags } = up;
  const there = await existing(up, started);
  if (there !== undefined) return there;
  const body: CreateEnvironmentRequest = {
    name: up.name,
    project: project.project,
    format: formatOf(project.format),
    source: context.env["CI"] ? "ci" : "cli",
    usedRoutes: await usedRoutes(context, session),
    ...given({
      projectPath: project.source.projectPath === "" ? undefined : project.source.projectPath,
      exclusive: flags.exclusive || undefined,
      keep: flags.keep || undefined,
      ttlHours: flags.ttl,
      machine: flags.machine,
    }),
  };
  const { id } = await session.client.createEnvironment({
    body,
    idempotencyKey: started.idempotencyKey,
    signal: context.signal,
  });
  const record = { ...started, id };
  await writeCloudRecord(homeRoot(context), record);
  return record;
}

/** The one the record names, unless it was destroyed meanwhile; then it is made anew under another idempotency key. */
async function existing({ context, session }: Up, record: CloudRecord): Promise<Identified | undefined> {
  if (record.id === undefined) return undefined;
  const environment = await statusOf(context, session, record.id);
  if (environment !== undefined && environment.status !== "destroyed" && environment.status !== "destroying")
    return { ...record, id: record.id };
  throw new CiloError(EngineCode.environmentNotFound, `${record.environment} was destroyed on ${session.url}`, {
    hint: `Remove what is left of it here, then create it again: cilo cloud destroy ${record.environment}`,
  });
}

async function statusOf(context: CiloContext, session: CloudSession, id: string): Promise<Environment | undefined> {
  try {
    return await session.client.getEnvironment({ params: { id: EnvironmentId.parse(id) }, signal: context.signal });
  } catch (error) {
    if (isCiloError(error, "ENVIRONMENT_NOT_FOUND")) return undefined;
    throw error;
  }
}

function formatOf(format: string): CreateEnvironmentRequest["format"] {
  if (format === "compose" || format === "devcontainer" || format === "procfile") return format;
  throw new CiloError(EngineCode.projectNotDetected, `a machine does not read ${format}`, {
    hint: "Use compose, devcontainer or procfile: --format compose",
  });
}

/** Both results; when one fails the other is waited for, so that nothing goes on behind the error. */
async function bothOrNeither<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === "rejected") throw a.reason;
  if (b.status === "rejected") throw b.reason;
  return [a.value, b.value];
}

async function answer(
  up: Up,
  result: {
    readonly environment: Environment;
    readonly record: Identified;
    readonly created: boolean;
    readonly synced: Awaited<ReturnType<typeof prepareOffloadedCopy>>;
    readonly reached: Awaited<ReturnType<typeof reach>>;
  },
): Promise<Answer> {
  const { context, session, phases, name } = up;
  const { environment, record, synced, reached } = result;
  const agent = await reached.agent
    .status({ query: { environmentId: reached.id }, signal: context.signal })
    .catch(() => undefined);
  const data = cloudData({
    home: homeRoot(context),
    server: session.url,
    environment,
    record,
    suffix: record.suffix,
    ...given({ agent }),
  });
  const conflicts = synced?.conflicts ?? [];
  return {
    data: {
      ...data,
      created: result.created,
      ...given({ sync: synced }),
      timings: phases.timings,
      machineTimings: agent?.operation?.phases ?? {},
    },
    text: (style) =>
      [
        up.flags.detach
          ? `${style.bold(name)} is on its way on ${session.url}`
          : `Environment ${style.bold(name)} is ready (${environment.format}, ${environment.services.length} services)`,
        servicesTable(data, style),
        ...(data.baseUrl === undefined ? [] : [`${style.dim("open")} ${data.baseUrl}`]),
        ...(conflicts.length === 0
          ? []
          : [
              `edited in the source and in the workspace, left as they are: ${conflicts.map(({ path }) => path).join(", ")}`,
            ]),
      ]
        .filter((part) => part !== "")
        .join("\n"),
  };
}
