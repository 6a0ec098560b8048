import { join } from "node:path";
import { CiloError } from "@cilo/base";
import type { Answer } from "../../answer.ts";
import { sourcedRecord } from "../../cloud/sourced.ts";
import { cloudStatus } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { CliCode } from "../../errors.ts";
import { withProgress } from "../../operation.ts";
import { type RunFlags, start } from "../run.ts";
import cloudDestroy from "./destroy.ts";
import { syncNow } from "./sync.ts";
import { upOnServer } from "./up.ts";

interface CloudRun {
  readonly flags: RunFlags;
  readonly where: "cloud" | "remote";
  readonly environment: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** How long destroying may take after the command, whatever became of the signal. */
const DESTROY_MS = 180_000;

/** `cilo run <command> <env> … --cloud|--remote`: the environment is on a server, the command here or there. */
export async function runOnServer(context: CiloContext, run: CloudRun): Promise<Answer> {
  const { flags, environment } = run;
  if (flags.file !== undefined || flags.profile !== undefined || flags.envFile !== undefined)
    throw new CiloError(CliCode.usage, "--file, --profile and --env-file go with local environments", {
      hint: "For a server they stand in .cilo/config.yml: compose_files, profiles, env_files",
    });
  if (run.where === "remote")
    throw new CiloError(CliCode.notAvailable, "--remote is not available yet", {
      hint: `Run it in a service: cilo cloud exec ${environment} SERVICE ${run.command}; or here, with --cloud`,
    });
  if (!flags.noUp) await upOnServer(context, { ...flags, ...PLAIN }, environment);
  try {
    return await runHere(context, run);
  } finally {
    if (flags.destroyAfter)
      await cloudDestroy(
        { ...context, signal: AbortSignal.timeout(DESTROY_MS) },
        { ...flags, force: true },
        environment,
      );
  }
}

const PLAIN = {
  build: false,
  exclusive: false,
  ttl: undefined,
  keep: false,
  machine: undefined,
  detach: false,
  format: undefined,
} as const;

/** In the local copy, with the remote names; what it edited is sent afterwards. */
async function runHere(context: CiloContext, { flags, environment, command, args }: CloudRun): Promise<Answer> {
  const { status } = await cloudStatus(context, flags, environment);
  const { record, paths } = await sourcedRecord(context, environment);
  const cwd = join(paths.workspace, record.source.projectPath);
  const answer = await start(context, { command, args, cwd, status });
  await withProgress(
    context,
    async (operation) => await syncNow(context, operation, { flags, name: environment }),
    () => false,
  );
  return answer;
}
