import { join } from "node:path";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";

/** `cilo path`: the project folder in the workspace, for `cd "$(cilo path agent-1)"`. */
export default async function showPath(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const { record, paths } = await environments.find(environment);
  const path = join(paths.workspace, record.projectPath);
  return {
    data: { environment, path, workspace: paths.workspace, source: join(record.sourceRoot, record.projectPath) },
    text: () => path,
  };
}
