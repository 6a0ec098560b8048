import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { given } from "../parameters.ts";
import { parseLabel } from "@cilo/engine";
import { serviceTarget } from "../target.ts";

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
  const { runtime, target } = await serviceTarget(context, environment, services[0]);
  const { follow, since, tail, timestamps } = flags;
  const status = await context.attached(
    async () =>
      await runtime.attach(
        target,
        { kind: "logs", services, follow, timestamps, ...given({ since, tail }) },
        { signal: new AbortController().signal },
      ),
  );
  return { data: {}, text: () => "", exitCode: status };
}
