import { CiloError, run } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { given } from "../parameters.ts";
import { ANY_STATUS } from "../any-status.ts";
import { serviceTarget } from "../target.ts";

export interface ExecFlags extends GlobalFlags {
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly env: readonly string[] | undefined;
  readonly index: number | undefined;
  readonly noTty: boolean;
}

/** `cilo exec <env> <service> <command> [args…]` */
export default async function exec(
  context: CiloContext,
  flags: ExecFlags,
  ...[name = "", service = "", ...command]: string[]
): Promise<Answer> {
  const environment = parseLabel(name, "environment");
  const { runtime, target } = await serviceTarget(context, environment, service);
  if (flags.json) return await capture(context, flags, [environment, service, ...command]);
  const { stdin, stdout } = context.streams;
  const tty = !flags.noTty && stdin.isTTY === true && stdout.isTTY === true;
  const { user, workdir, index } = flags;
  const env = flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(assignment));
  const action = { kind: "exec", service, command, tty, ...given({ user, workdir, index, env }) } as const;
  const { signal } = new AbortController();
  const exitCode = await context.attached(async () => await runtime.attach(target, action, { signal }));
  return { data: { exitCode }, text: () => "", exitCode };
}

/** The engine's program writes to the streams of this process; so what it writes is captured in another one. */
async function capture(context: CiloContext, flags: ExecFlags, words: readonly string[]): Promise<Answer> {
  const [file, ...args] = context.self;
  const own = [
    "exec",
    "--no-tty",
    ...(flags.user === undefined ? [] : [`--user=${flags.user}`]),
    ...(flags.workdir === undefined ? [] : [`--workdir=${flags.workdir}`]),
    ...(flags.env ?? []).map((variable) => `--env=${variable}`),
    ...(flags.index === undefined ? [] : [`--index=${flags.index}`]),
    ...words,
  ];
  const { signal, env, cwd } = context;
  const data = await run(file, [...args, ...own], { signal, env, cwd, expect: ANY_STATUS });
  return { data, text: () => "", exitCode: data.exitCode };
}

function assignment(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CiloError(CliCode.usage, `--env ${JSON.stringify(text)} is not NAME=VALUE`);
}
