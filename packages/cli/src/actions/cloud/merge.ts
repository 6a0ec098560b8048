import { mergeTree } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { fetchRemoteEdits } from "../../cloud/remote-edits.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connectedTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { withProgress } from "../../operation.ts";
import { syncAnswer } from "../../sync-answer.ts";

/** `cilo cloud merge`: what was edited on the machine comes into the source. */
export default async function cloudMerge(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly dryRun: boolean },
  name: string,
): Promise<Answer> {
  const result = await withProgress(context, async ({ onEvent }) => {
    onEvent({ kind: "engine", line: "fetching edits from the machine" });
    const { environment, agent } = await connectedTarget(context, flags, name);
    const pair = await fetchRemoteEdits(context, { name, id: environment.id, agent });
    return await mergeTree({ ...pair, dryRun: flags.dryRun, signal: context.signal });
  });
  return syncAnswer(name, result, { dryRun: flags.dryRun, into: "source" });
}
