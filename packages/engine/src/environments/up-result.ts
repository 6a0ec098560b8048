import type { SyncResult } from "../workspace/workspace.ts";
import type { ApplyResult } from "./apply.ts";
import type { Desired } from "./desired.ts";
import type { UpResult } from "./environments.ts";
import { environmentStatus } from "./status.ts";
import type { Work } from "./work.ts";

/** What `up` answers; tells what the parser and the isolation had to say. */
export async function upResult(
  work: Work,
  result: ApplyResult,
  more: { readonly desired: Desired; readonly created: boolean; readonly sync?: SyncResult },
): Promise<UpResult> {
  const { project } = more.desired;
  for (const notice of [...project.spec.notices, ...result.isolated.notices]) work.notify(notice);
  for (const { format, file } of project.passedOver)
    work.notify({
      code: "format-passed-over",
      message: `${file} (${format}) was passed over for ${project.parser.format}; --format ${format} chooses it`,
    });
  return {
    status: await environmentStatus(work.deps, result.located, { signal: work.context.signal }),
    changed: more.created || result.changed,
    created: more.created,
    notices: work.notices,
    ...(more.sync === undefined ? {} : { sync: more.sync }),
    timings: work.progress.timings,
  };
}
