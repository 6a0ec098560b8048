import { join } from "node:path";
import type { Answer, GlobalFlags } from "../../answer.ts";
import { sourcedRecord } from "../../cloud/sourced.ts";
import type { CiloContext } from "../../context.ts";

/** `cilo cloud path`: the project folder in the local copy. */
export default async function cloudPath(context: CiloContext, _flags: GlobalFlags, name: string): Promise<Answer> {
  const { record, paths } = await sourcedRecord(context, name);
  const path = join(paths.workspace, record.source.projectPath);
  const source = join(record.source.root, record.source.projectPath);
  return { data: { environment: name, path, workspace: paths.workspace, source }, text: () => path };
}
