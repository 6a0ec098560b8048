import type { AgentClient, EnvironmentId } from "@cilo/api";
import type { CiloContext } from "../context.ts";
import { homeRoot } from "../home-root.ts";
import { cloudPaths } from "./record.ts";
import { type Transferred, transfer } from "./rsync.ts";

/** Sends the local copy to the environment's folder on its machine; the difference alone when it was sent before. */
export async function sendWorkspace(
  context: CiloContext,
  agent: AgentClient,
  target: { readonly environmentId: EnvironmentId; readonly environment: string },
): Promise<Transferred> {
  const { environmentId, environment } = target;
  const access = await agent.sync({ body: { environmentId }, signal: context.signal });
  const { workspace } = cloudPaths(homeRoot(context), environment);
  const sent = await transfer(context, { folder: workspace, access, direction: "up" });
  for (const problem of sent.problems) context.output.notice(`not sent: ${problem}`);
  return sent;
}
