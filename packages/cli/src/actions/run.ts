import { join } from "node:path";
import { BaseCode, CiloError, attach, isCiloError, run as runCaptured } from "@cilo/base";
import { type EnvironmentStatus, parseLabel } from "@cilo/engine";
import { ANY_STATUS } from "../any-status.ts";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { didSomething, withProgress } from "../operation.ts";
import type { ProjectFlags } from "../project-flags.ts";
import { upRequest } from "../up-request.ts";
import { variables } from "../variables.ts";

export interface RunFlags extends GlobalFlags, ProjectFlags {
  readonly noUp: boolean;
  readonly destroyAfter: boolean;
  readonly cloud: boolean;
  readonly remote: boolean;
  readonly server: string | undefined;
}

/** How long destroying may take after the command, whatever became of the signal. */
const DESTROY_MS = 180_000;

/** `cilo run <command> <env> [args…]` */
export default async function run(
  context: CiloContext,
  flags: RunFlags,
  ...[command = "", name = "", ...args]: string[]
): Promise<Answer> {
  const environment = parseLabel(name, "environment");
  const { where, words } = placeOf(flags, args);
  if (where !== "here") {
    const { runOnServer } = await import("./cloud/run.ts");
    return await runOnServer(context, { flags, where, environment, command, args: words });
  }
  const status = await prepare(context, flags, environment);
  try {
    const { environments } = await context.wiring();
    const { record } = await environments.find(environment);
    return await start(context, { command, args, cwd: join(status.workspace, record.projectPath), status });
  } finally {
    if (flags.destroyAfter) await destroy(context, environment);
  }
}

/** Where it runs. A last `--cloud` or `--remote` is Cilo's own, unless the command's words have a `--` before it. */
function placeOf(
  flags: RunFlags,
  args: readonly string[],
): { readonly where: "here" | "cloud" | "remote"; readonly words: readonly string[] } {
  const last = args.at(-1);
  const isOurs = (last === "--cloud" || last === "--remote") && !args.slice(0, -1).includes("--");
  const words = isOurs ? args.slice(0, -1) : args;
  if (flags.remote || (isOurs && last === "--remote")) return { where: "remote", words };
  return { where: flags.cloud || isOurs ? "cloud" : "here", words };
}

async function prepare(context: CiloContext, flags: RunFlags, environment: string): Promise<EnvironmentStatus> {
  const { environments } = await context.wiring();
  if (flags.noUp) return await environments.status(environment, { signal: context.signal });
  const request = upRequest(context, environment, flags);
  const { status } = await withProgress(
    context,
    async (operation) => await environments.up(request, operation),
    didSomething,
  );
  return status;
}

export interface Child {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly status: EnvironmentStatus;
}

/** Runs the command on this machine with the environment's variables. */
export async function start(context: CiloContext, { command, args, cwd, status }: Child): Promise<Answer> {
  const env = { ...context.env, ...variables(status), PWD: cwd };
  try {
    return context.output.json
      ? await capture(context, { command, args, cwd, env })
      : await onTerminal(context, { command, args, cwd, env });
  } catch (error) {
    if (!isCiloError(error, BaseCode.commandNotFound)) throw error;
    throw new CiloError(CliCode.childNotFound, error.message, { cause: error });
  }
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** On the caller's terminal or pipes; Ctrl-C is the command's to handle. */
async function onTerminal(context: CiloContext, { command, args, cwd, env }: Program): Promise<Answer> {
  const { signal } = new AbortController();
  const exitCode = await context.attached(async () => await attach(command, args, { cwd, env, signal }));
  return { data: { exitCode }, text: () => "", exitCode };
}

async function capture(context: CiloContext, { command, args, cwd, env }: Program): Promise<Answer> {
  const result = await runCaptured(command, args, { cwd, env, signal: context.signal, expect: ANY_STATUS });
  return { data: result, text: () => "", exitCode: result.exitCode };
}

async function destroy(context: CiloContext, environment: string): Promise<void> {
  const { environments } = await context.wiring();
  const signal = AbortSignal.timeout(DESTROY_MS);
  await withProgress(
    { ...context, signal },
    async (operation) => await environments.destroy(environment, { keepWorkspace: false, force: true }, operation),
  );
}
