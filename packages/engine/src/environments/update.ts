import { apply } from "./apply.ts";
import { readDesired } from "./desired.ts";
import type { Located, UpRequest, UpResult } from "./environments.ts";
import { rememberGenerated } from "./fill-workspace.ts";
import { withoutGenerated } from "./generated.ts";
import { mergeOptions } from "./options.ts";
import { syncSource } from "./sync.ts";
import { upResult } from "./up-result.ts";
import type { UpMode } from "./up.ts";
import type { Work } from "./work.ts";
import { prepareWorkbench } from "./workbench/prepare.ts";
import { runWorkbench } from "./workbench/run.ts";

/**
 * Brings an environment that is there to what its source and workspace say now: source edits come over first. Changes
 * nothing when nothing changed. A project that cannot be parsed leaves what runs as it is.
 */
export async function updateEnvironment(work: Work, found: Located, request: UpRequest & UpMode): Promise<UpResult> {
  const options = mergeOptions(found.record.options, request.options);
  const located: Located = { ...found, record: { ...found.record, options } };
  const { result: sync, unapplied } = await syncSource(work, located);
  const read = await work.progress.phase("parse", () => readDesired(work.deps, located));
  const edits = [...sync.workspaceOnly, ...sync.conflicts];
  const preparation = { located, desired: read, build: request.build, unapplied, edits };
  const desired = request.startNothing ? read : await prepareWorkbench(work, preparation);
  const result = await apply(work, { ...request, located, desired, unapplied, edits, before: found.record });
  const own = await withoutGenerated(located.paths, edits);
  const ran = await runWorkbench(work, { ...result, request });
  if (ran) await rememberGenerated(work, result.located, desired.config, own);
  const changed = result.changed || ran || sync.applied.length > 0;
  return await upResult(work, { ...result, changed }, { desired, created: false, sync });
}
