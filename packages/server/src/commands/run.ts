import { isCiloError, problemLine } from "@cilo/base";
import { buildApplication, buildRouteMap, run } from "@stricli/core";
import type { Variables } from "../config.ts";
import { version } from "../version.ts";
import { createKeyCommand, createTeamCommand, listTeamsCommand } from "./admin.ts";
import type { ServerContext } from "./context.ts";
import { addMachineCommand, listMachinesCommand, removeMachineCommand } from "./machines.ts";
import { startCommand } from "./start.ts";

export interface ServerProcess {
  readonly args: readonly string[];
  readonly variables: Variables;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
}

const admin = buildRouteMap<"create-team" | "list-teams" | "create-key", ServerContext>({
  routes: { "create-team": createTeamCommand, "list-teams": listTeamsCommand, "create-key": createKeyCommand },
  docs: { brief: "Teams and keys" },
});

const machines = buildRouteMap<"add" | "list" | "remove", ServerContext>({
  routes: { add: addMachineCommand, list: listMachinesCommand, remove: removeMachineCommand },
  docs: { brief: "Machines that environments run on" },
});

const application = buildApplication<ServerContext>(
  buildRouteMap<"start" | "admin" | "machines", ServerContext>({
    routes: { start: startCommand, admin, machines },
    defaultCommand: "start",
    docs: { brief: "Cilo environments on your own machines. Without a command it starts the server." },
  }),
  {
    name: "cilo-server",
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: "allow-kebab-for-camel" },
    documentation: { caseStyle: "convert-camel-to-kebab" },
  },
);

const FAILED = 1;
const USAGE = 2;
const NOT_FOUND = 3;
const INTERRUPTED = 130;

/** Runs one command and answers its exit status. */
export async function runServerCommand(on: ServerProcess): Promise<number> {
  let failure: unknown;
  const stream = (write: (text: string) => void) => ({ write: (text: string) => write(text) });
  const status: { exitCode?: number | string | null } = {};
  const context = {
    process: { stdout: stream(on.stdout), stderr: stream(on.stderr), env: on.variables, ...status },
    variables: on.variables,
    signal: on.signal,
    stdout: on.stdout,
    stderr: on.stderr,
    fail: (error: unknown) => void (failure = error),
  };
  await run(application, on.args, context);
  if (failure !== undefined) return report(failure, on);
  return exitStatus(context.process.exitCode);
}

function exitStatus(code: number | string | null | undefined): number {
  const number = Number(code ?? 0);
  // stricli's own: no such command, or arguments that do not fit.
  return number === 0 ? 0 : number < 0 || number > 200 ? USAGE : number;
}

function report(error: unknown, on: ServerProcess): number {
  if (on.signal.aborted && error === on.signal.reason) return INTERRUPTED;
  if (!isCiloError(error)) {
    on.stderr(`cilo-server: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return FAILED;
  }
  const lines = error.problems.length > 1 ? error.problems.map(problemLine) : [error.message];
  on.stderr(
    `${lines.map((line) => `cilo-server: ${line}`).join("\n")}${error.hint === undefined ? "" : ` — ${error.hint}`}\n`,
  );
  if (error.code === "CONFIG_INVALID" || error.code === "USAGE") return USAGE;
  return error.code.endsWith("_NOT_FOUND") ? NOT_FOUND : FAILED;
}
