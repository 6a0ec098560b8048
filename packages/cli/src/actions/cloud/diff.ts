import { diffTree, workspaceChanges } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { fetchRemoteEdits } from "../../cloud/remote-edits.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connectedTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";
import { withProgress } from "../../operation.ts";
import { changeLines } from "../../sync-answer.ts";

/** `cilo cloud diff`: what was edited on the machine and in the local copy, against the source. */
export default async function cloudDiff(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly nameOnly: boolean },
  name: string,
): Promise<Answer> {
  const pair = await withProgress(context, async ({ onEvent }) => {
    onEvent({ kind: "engine", line: "fetching edits from the machine" });
    const { environment, agent } = await connectedTarget(context, flags, name);
    return await fetchRemoteEdits(context, { name, id: environment.id, agent });
  });
  const { signal, env, streams } = context;
  const changes = await workspaceChanges({ ...pair, signal });
  const isText = !flags.nameOnly && changes.length > 0;
  const color = !flags.json && streams.stdout.isTTY === true && !env["NO_COLOR"];
  const { text } = isText ? await diffTree({ ...pair, path: env["PATH"], color, signal }) : { text: "" };
  return {
    data: { environment: name, changes, diff: text },
    text: (style) => (isText ? text.trimEnd() : changeLines(changes, style).join("\n")),
  };
}
