import { join } from "node:path";
import { lock } from "@cilo/base";
import type { OperationContext, SyncResult } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { refreshCopy } from "../../cloud/copy.ts";
import { readEnvironment } from "../../cloud/environment.ts";
import { sendWorkspace } from "../../cloud/files.ts";
import { createPhases } from "../../cloud/progress.ts";
import { remoteEdits } from "../../cloud/remote-edits.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connectedTarget, refreshNames } from "../../cloud/target.ts";
import { knownService } from "../../cloud/view.ts";
import { untilRunning } from "../../cloud/wait.ts";
import type { CiloContext } from "../../context.ts";
import { homeRoot } from "../../home-root.ts";
import { withProgress } from "../../operation.ts";
import { syncAnswer } from "../../sync-answer.ts";

/** `cilo cloud sync`: the source's edits reach the machine, and what changed is restarted there. */
export default async function cloudSync(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  const result = await withProgress(context, async (operation) => await syncNow(context, operation, { flags, name }));
  return syncAnswer(name, result, { dryRun: false, into: "workspace" });
}

/** Source to copy, copy to machine, machine up. What was edited on both sides stays as it is on each, and is answered. */
export async function syncNow(
  context: CiloContext,
  operation: OperationContext,
  { flags, name }: { readonly flags: ServerFlag; readonly name: string },
): Promise<SyncResult> {
  await using _ = await lock(join(homeRoot(context), "locks", `env-${name}`), {
    signal: context.signal,
    onWait: () => operation.onEvent({ kind: "waiting", what: `another command with ${name}` }),
  });
  const phases = createPhases(operation);
  const target = await phases.phase("tunnel", "making the tunnel", () => connectedTarget(context, flags, name));
  const { environment, agent, session } = target;
  const { id } = environment;
  const edited = await phases.phase("compare", "looking for edits on the machine", () =>
    remoteEdits(context, { name, agent, id }),
  );
  const synced = await phases.phase("copy", "bringing source edits over", () => refreshCopy(context, operation, name));
  await phases.phase("files", "sending files", () =>
    sendWorkspace(context, agent, { environmentId: id, environment: name }),
  );
  await session.client.syncEnvironment({ params: { id }, query: {}, signal: context.signal });
  await phases.phase("machine", "starting services on the machine", () =>
    untilRunning(context, operation, { session, id, agent }),
  );
  const { services } = await readEnvironment(context, session, id);
  await refreshNames(context, { ...target, record: { ...target.record, services: services.map(knownService) } });
  const onBoth = synced.applied.filter(({ path }) => edited.has(path));
  return {
    applied: synced.applied.filter((change) => !onBoth.includes(change)),
    conflicts: [...synced.conflicts, ...onBoth],
    workspaceOnly: synced.workspaceOnly,
  };
}
