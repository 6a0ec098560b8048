import { run } from "@cilo/base";
import { parseLabel } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { logLine } from "../log-line.ts";
import { given } from "../parameters.ts";
import { type ServiceTarget, serviceTargets } from "../target.ts";

export interface LogsFlags extends GlobalFlags {
  readonly follow: boolean;
  readonly since: string | undefined;
  readonly tail: string | undefined;
  readonly timestamps: boolean;
}

/** `cilo logs` */
export default async function logs(
  context: CiloContext,
  flags: LogsFlags,
  ...[name = "", ...services]: string[]
): Promise<Answer | undefined> {
  const environment = parseLabel(name, "environment");
  const targets = await serviceTargets(context, environment, services);
  if (flags.json) return await jsonLines(context, flags, [environment, ...services]);
  const statuses = await context.attached(
    async () => await Promise.all(targets.map((target) => attach(target, flags))),
  );
  return { data: {}, text: () => "", exitCode: Math.max(0, ...statuses) };
}

async function attach({ runtime, target, services }: ServiceTarget, flags: LogsFlags): Promise<number> {
  const { follow, since, tail, timestamps } = flags;
  const action = { kind: "logs", services, follow, timestamps, ...given({ since, tail }) } as const;
  return await runtime.attach(target, action, { signal: new AbortController().signal });
}

/** The engine's program writes to the streams of this process; so its lines are those of another one. */
async function jsonLines(context: CiloContext, flags: LogsFlags, words: readonly string[]): Promise<undefined> {
  const [file, ...args] = context.self;
  const { follow, since, tail } = flags;
  const own = [
    "logs",
    "--timestamps",
    ...(follow ? ["--follow"] : []),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(tail === undefined ? [] : [`--tail=${tail}`]),
    "--",
    ...words,
  ];
  await run(file, [...args, ...own], {
    signal: context.signal,
    env: context.env,
    cwd: context.cwd,
    onLine: (line, stream) => {
      if (stream === "stdout") context.streams.stdout.write(`${JSON.stringify(logLine(line))}\n`);
    },
  });
}
