import { EnvironmentId, openExec } from "@cilo/api";
import { CiloError } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { Answer } from "../../answer.ts";
import { attachExec } from "../../cloud/attach-exec.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connectedTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { CliCode } from "../../errors.ts";
import { given } from "../../parameters.ts";
import type { ExecFlags } from "../exec.ts";

/** `cilo cloud exec <env> <service> <command> [args…]`, through the tunnel. */
export default async function cloudExec(
  context: CiloContext,
  flags: ExecFlags & ServerFlag,
  ...[name = "", service = "", ...command]: string[]
): Promise<Answer> {
  if (flags.index !== undefined && flags.index !== 1)
    throw new CiloError(CliCode.usage, "--index goes with local environments", { hint: "Leave it out" });
  const target = await connectedTarget(context, flags, parseLabel(name, "environment"));
  const { user, workdir } = flags;
  const start = {
    service,
    command,
    ...given({ user, workdir, env: flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(pair)) }),
  };
  return await attachExec(context, { json: flags.json, noTty: flags.noTty }, async (io) =>
    openExec({
      baseUrl: target.baseUrl,
      token: await target.token(),
      environmentId: EnvironmentId.parse(target.environment.id),
      start: { ...start, ...given({ tty: io.tty }) },
      onOutput: io.onOutput,
      signal: io.signal,
    }),
  );
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CiloError(CliCode.usage, `--env ${JSON.stringify(text)} is not NAME=VALUE`);
}
