import { Transform } from "node:stream";
import { attach, BaseCode, CiloError, isCiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { composeArguments } from "./compose/processes.ts";
import type { ContainerStatus, RuntimeAction, RuntimeTarget } from "./runtime.ts";

type LogsAction = Extract<RuntimeAction, { kind: "logs" }>;
type ExecAction = Extract<RuntimeAction, { kind: "exec" }>;
type CpAction = Extract<RuntimeAction, { kind: "cp" }>;

interface Options {
  readonly signal: AbortSignal;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Logs of services by Compose, on the caller's streams. */
export async function attachLogs(
  compose: string,
  { target, action }: { readonly target: RuntimeTarget; readonly action: LogsAction },
  options: Options,
): Promise<number> {
  const args = [...composeArguments(target.composeProject, target.composeFile), ...logsArguments(action)];
  if (process.stdout.isTTY) return await attach(compose, args, options);
  return await attach(compose, args, { ...options, stdoutThrough: withoutLineErasing() });
}

const ERASE_LINE = "\u001B[2K";

/** Compose 2.26 and others begin each line with "erase this line", into pipes and files too. Passes on whole lines. */
function withoutLineErasing(): Transform {
  let rest = "";
  const cleaned = (lines: string): Buffer =>
    Buffer.from(`\n${lines}`.replaceAll(`\n${ERASE_LINE}`, "\n").slice(1), "latin1");
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const text = rest + chunk.toString("latin1");
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      done(null, cleaned(text.slice(0, end)));
    },
    flush: (done) => done(null, cleaned(rest)),
  });
}

function logsArguments(action: LogsAction): string[] {
  return [
    "logs",
    ...(action.follow ? ["--follow"] : []),
    ...(action.timestamps ? ["--timestamps"] : []),
    ...(action.since === undefined ? [] : [`--since=${action.since}`]),
    ...(action.tail === undefined ? [] : [`--tail=${action.tail}`]),
    "--",
    ...action.services,
  ];
}

/** A command in a running container, on the caller's streams. @throws CiloError `SERVICE_NOT_RUNNING` */
export async function attachExec(
  program: string,
  { containers, action }: { readonly containers: readonly ContainerStatus[]; readonly action: ExecAction },
  options: Options,
): Promise<number> {
  const { id } = runningContainer(containers, action);
  const env = { ...options.env, ...byName(action.env) };
  return await attachProgram(program, execArguments(action, id), { ...options, env });
}

/**
 * Values are handed over by the child's environment, where nobody who lists processes sees them; but those that would
 * mean something to the engine's program itself.
 */
export function environmentArguments(env: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(env).map(([name, value]) =>
    isMeantForChild(name) ? `--env=${name}=${value}` : `--env=${name}`,
  );
}

/** The values that {@link environmentArguments} names. */
export function byName(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isMeantForChild(name)));
}

function isMeantForChild(name: string): boolean {
  return /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TERM|LANG|NO_COLOR|LC_.*|LD_.*|DYLD_.*|DOCKER_.*|CONTAINER.*|BUILDX_.*|COMPOSE_.*|XDG_.*|SSH_.*|SSL_.*|DBUS_.*|GNUPGHOME|PASSWORD_STORE_DIR|.*_proxy|OTEL_.*|GO.*)$/iu.test(
    name,
  );
}

/** The container's identifier ends the options: all that follows is the command's. */
function execArguments(action: ExecAction, containerId: string): string[] {
  return [
    "exec",
    "--interactive",
    ...(action.tty ? ["--tty"] : []),
    ...(action.user === undefined ? [] : [`--user=${action.user}`]),
    ...(action.workdir === undefined ? [] : [`--workdir=${action.workdir}`]),
    ...environmentArguments(action.env),
    containerId,
    ...action.command,
  ];
}

function runningContainer(containers: readonly ContainerStatus[], action: ExecAction): ContainerStatus {
  const index = action.index ?? 1;
  const found = containers.find((container) => container.service === action.service && container.index === index);
  if (found?.state === "running") return found;
  const what = `service ${action.service}${action.index === undefined ? "" : ` (container ${index})`}`;
  throw new CiloError(
    EngineCode.serviceNotRunning,
    found === undefined ? `${what} has no container` : `${what} is not running: its container is ${found.state}`,
    { hint: hintFor(containers) },
  );
}

function hintFor(containers: readonly ContainerStatus[]): string {
  const running = new Set(containers.filter(({ state }) => state === "running").map(({ service }) => service));
  return running.size === 0 ? "Start the environment: cilo up" : `Running are: ${[...running].join(", ")}`;
}

/** Copies between the host and a container, running or not. @throws CiloError `SERVICE_NOT_FOUND` */
export async function attachCp(
  program: string,
  { containers, action }: { readonly containers: readonly ContainerStatus[]; readonly action: CpAction },
  options: Options,
): Promise<number> {
  const paths = [action.from, action.to].map((path) => containerPath(path, containers));
  return await attachProgram(program, ["cp", "--", ...paths], options);
}

/** `<service>:<path>` as `<container>:<path>`; a path of the host as it is. */
function containerPath(path: string, containers: readonly ContainerStatus[]): string {
  const [, service, inside] = /^([A-Za-z0-9._-]+):(.*)$/su.exec(path) ?? [];
  if (service === undefined || inside === undefined) return path;
  const container = containers.find((candidate) => candidate.service === service);
  if (container !== undefined) return `${container.id}:${inside}`;
  throw new CiloError(EngineCode.serviceNotFound, `service ${service} has no container to copy from or to`, {
    hint: `A path of the host that has a colon is written ./${path}`,
  });
}

async function attachProgram(program: string, args: readonly string[], options: Options): Promise<number> {
  try {
    return await attach(program, args, options);
  } catch (error) {
    if (!isCiloError(error, BaseCode.commandNotFound)) throw error;
    throw new CiloError(EngineCode.engineMissing, `the program ${program} is not on the PATH`, {
      cause: error,
      hint: `Install ${program}'s command-line program`,
    });
  }
}
