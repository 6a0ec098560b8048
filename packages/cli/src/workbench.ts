import { isCiloError } from "@cilo/base";
import { EngineCode, type Entry, type RuntimeAction, type Workbench, entryOf, loadEntered } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { given } from "./parameters.ts";
import { type ServiceTarget, serviceTarget } from "./target.ts";

/** What a workbench answers to whatever its service is called, unless a service has that name. */
const ALIAS = "dev";

/** A service, and how it is entered where it is the project's workbench. */
export interface Entrance extends ServiceTarget {
  readonly service: string;
  readonly workbench?: Workbench;
}

/** @throws CiloError `ENVIRONMENT_NOT_FOUND`, `SERVICE_NOT_FOUND` */
export async function entranceTo(context: CiloContext, environment: string, name: string): Promise<Entrance> {
  const workbench = await workbenchOf(context, environment);
  const isWorkbench = workbench !== undefined && (name === workbench.service || name === ALIAS);
  if (!isWorkbench) return { ...(await serviceTarget(context, environment, name)), service: name };
  const { service } = workbench;
  if (name === service) return { ...(await serviceTarget(context, environment, service)), service, workbench };
  try {
    return { ...(await serviceTarget(context, environment, name)), service: name };
  } catch (error) {
    if (!isCiloError(error, EngineCode.serviceNotFound)) throw error;
    return { ...(await serviceTarget(context, environment, service)), service, workbench };
  }
}

/** `undefined`: the environment has none. @throws CiloError `ENVIRONMENT_NOT_FOUND` */
async function workbenchOf(context: CiloContext, environment: string): Promise<Workbench | undefined> {
  const { environments } = await context.wiring();
  const { paths } = await environments.find(environment);
  return await loadEntered(paths);
}

export interface Asked {
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly index?: number | undefined;
}

type Exec = Extract<RuntimeAction, { kind: "exec" }>;

/** How a command is run in it: as asked, else as the workbench says. */
export async function enter(
  context: CiloContext,
  entrance: Entrance,
  asked: Asked,
): Promise<Pick<Exec, "user" | "workdir" | "env" | "index">> {
  const entry = await workbenchEntry(context, entrance, asked);
  const env = { ...entry?.env, ...asked.env };
  return given({
    user: asked.user ?? entry?.user,
    workdir: asked.workdir ?? entry?.workdir,
    index: asked.index,
    env: Object.keys(env).length === 0 ? undefined : env,
  });
}

/** `undefined` where it is no workbench, or does not run: then what runs the command says so. */
async function workbenchEntry(
  context: CiloContext,
  { workbench, runtime, target, service }: Entrance,
  asked: Asked,
): Promise<Entry | undefined> {
  if (workbench === undefined) return undefined;
  const { signal } = context;
  const { composeProject } = target;
  const [{ environments }, program] = await Promise.all([
    runtime.status({ composeProject }, { signal }),
    runtime.program({ signal }),
  ]);
  const container = environments
    .get(composeProject)
    ?.find((one) => one.service === service && one.index === (asked.index ?? 1) && one.state === "running");
  if (container === undefined) return undefined;
  const whom = asked.user === undefined ? workbench : { ...workbench, user: asked.user };
  return await entryOf(whom, { program, containerId: container.id, callerEnv: context.env, signal });
}
