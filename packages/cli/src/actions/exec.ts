import { CiloError } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { given } from "../parameters.ts";
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
  const { runtime, target } = await serviceTarget(context, parseLabel(name, "environment"), service);
  const { stdin, stdout } = context.streams;
  const tty = !flags.noTty && stdin.isTTY === true && stdout.isTTY === true;
  const { user, workdir, index } = flags;
  const env = flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(assignment));
  const exitCode = await context.attached(
    async () =>
      await runtime.attach(
        target,
        { kind: "exec", service, command, tty, ...given({ user, workdir, index, env }) },
        { signal: new AbortController().signal },
      ),
  );
  return { data: { exitCode }, text: () => "", exitCode };
}

function assignment(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CiloError(CliCode.usage, `--env ${JSON.stringify(text)} is not NAME=VALUE`);
}
