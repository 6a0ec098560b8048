import { BaseCode, isCiloError, run } from "@cilo/base";
import * as z from "zod/mini";
import { byName, environmentArguments } from "../../runtimes/compose-attach.ts";
import type { EngineProgram } from "../../runtimes/runtime.ts";
import type { Workbench } from "../../spec/workbench.ts";

/** How a command is run in the container. */
export interface Entry {
  readonly user?: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Entering {
  readonly program: EngineProgram;
  readonly containerId: string;
  /** The caller's variables: secrets come from there. */
  readonly callerEnv: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** A shell that says nothing for so long is left alone. */
const PROBE_MS = 10_000;
const MARK = "cilo-environment-follows";

/** User, folder and variables of whatever enters the workbench: the user's shell's, then its own. */
export async function entryOf(workbench: Workbench, entering: Entering): Promise<Entry> {
  const [probed, own] = await Promise.all([probedVariables(workbench, entering), ownVariables(workbench, entering)]);
  const env = { ...probed, ...secretsOf(workbench, entering) };
  for (const [name, value] of Object.entries(own))
    if (value === null) delete env[name];
    else env[name] = value;
  return { ...(workbench.user === undefined ? {} : { user: workbench.user }), workdir: workbench.folder, env };
}

function secretsOf({ secrets }: Workbench, { callerEnv }: Entering): Record<string, string> {
  return Object.fromEntries(
    secrets.flatMap((name) => {
      const value = callerEnv[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** `${containerEnv:NAME}` in its place; a default ends at its own first colon. */
async function ownVariables({ env }: Workbench, entering: Entering): Promise<Workbench["env"]> {
  const texts = Object.values(env).filter((value) => value !== null);
  if (!texts.some((text) => text.includes("${containerEnv:"))) return env;
  const container = await containerVariables(entering);
  const replaced = (text: string): string =>
    text.replaceAll(/\$\{containerEnv:([^}]*)\}/gu, (_, inner: string) => {
      const [name = "", fallback = ""] = inner.split(":");
      return container[name] ?? fallback;
    });
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value === null ? null : replaced(value)]),
  );
}

const Inspected = z.array(z.string());

async function containerVariables({ program, containerId, signal }: Entering): Promise<Record<string, string>> {
  const args = ["inspect", "--type=container", "--format={{json .Config.Env}}", containerId];
  const { stdout } = await run(program.file, args, { env: program.env, signal });
  return variablesOf(Inspected.parse(JSON.parse(stdout)));
}

function variablesOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line): [string, string][] => {
      const at = line.indexOf("=");
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );
}

/** What a shell sets for itself. */
const OF_A_SHELL = new Set(["_", "SHLVL", "PWD", "OLDPWD"]);

const FLAGS = { loginInteractiveShell: "-lic", interactiveShell: "-ic", loginShell: "-lc" } as const;

/** Finds the user's shell and has it tell its variables. */
const PROBE = `user="$(id -un 2>/dev/null || id -u)"; shell=
[ -r /etc/passwd ] && while IFS=: read -r name _ _ _ _ _ program; do [ "$name" = "$user" ] && shell="$program"; done </etc/passwd
exec "\${SHELL:-\${shell:-/bin/sh}}" "$1" 'echo; echo ${MARK}; cat /proc/self/environ'`;

/** Nothing where there is no such shell, or it does not answer: commands then have the container's variables. */
async function probedVariables(workbench: Workbench, entering: Entering): Promise<Record<string, string>> {
  if (workbench.envProbe === "none") return {};
  const { program, containerId } = entering;
  const signal = AbortSignal.any([entering.signal, AbortSignal.timeout(PROBE_MS)]);
  const user = workbench.user === undefined ? [] : [`--user=${workbench.user}`];
  const args = ["exec", ...user, containerId, "/bin/sh", "-c", PROBE, "-", FLAGS[workbench.envProbe]];
  try {
    const { stdout } = await run(program.file, args, { env: program.env, signal });
    const found = stdout.slice(stdout.lastIndexOf(`${MARK}\n`) + MARK.length + 1);
    const variables = variablesOf(found.split("\0"));
    return Object.fromEntries(Object.entries(variables).filter(([name]) => !OF_A_SHELL.has(name)));
  } catch (error) {
    entering.signal.throwIfAborted();
    if (signal.aborted || isCiloError(error, BaseCode.commandFailed)) return {};
    throw error;
  }
}

/** Arguments of the engine's program that run a command so, and the variables it is to be started with. */
export function execCommand(
  { program, containerId }: Pick<Entering, "program" | "containerId">,
  entry: Entry,
  command: readonly string[],
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> } {
  return {
    args: [
      "exec",
      ...(entry.user === undefined ? [] : [`--user=${entry.user}`]),
      `--workdir=${entry.workdir}`,
      ...environmentArguments(entry.env),
      containerId,
      ...command,
    ],
    env: { ...program.env, ...byName(entry.env) },
  };
}
