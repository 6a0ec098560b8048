import { CiloError } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { captured } from "../captured.ts";
import { enter, entranceTo } from "../workbench.ts";

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
  const entrance = await entranceTo(context, environment, service);
  if (flags.json) return await captured(context, plain(flags, [environment, service, ...command]));
  const { stdin, stdout } = context.streams;
  const tty = !flags.noTty && stdin.isTTY === true && stdout.isTTY === true;
  const { user, workdir, index } = flags;
  const env = flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(assignment));
  const how = await enter(context, entrance, { user, workdir, index, env });
  const { runtime, target } = entrance;
  const action = { kind: "exec", service: entrance.service, command, tty, ...how } as const;
  const { signal } = new AbortController();
  const exitCode = await context.attached(async () => await runtime.attach(target, action, { signal }));
  return { data: { exitCode }, text: () => "", exitCode };
}

/** The same command without `--json`. */
function plain(flags: ExecFlags, words: readonly string[]): string[] {
  return [
    "exec",
    "--no-tty",
    ...(flags.user === undefined ? [] : [`--user=${flags.user}`]),
    ...(flags.workdir === undefined ? [] : [`--workdir=${flags.workdir}`]),
    ...(flags.env ?? []).map((variable) => `--env=${variable}`),
    ...(flags.index === undefined ? [] : [`--index=${flags.index}`]),
    ...words,
  ];
}

function assignment(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CiloError(CliCode.usage, `--env ${JSON.stringify(text)} is not NAME=VALUE`);
}
