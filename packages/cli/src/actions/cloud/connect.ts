import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connect as connectTo, agentOf } from "../../cloud/connect.ts";
import { cloudStatus, cloudTarget, refreshNames } from "../../cloud/target.ts";
import { untilAnswering } from "../../cloud/wait.ts";
import type { CiloContext } from "../../context.ts";
import { servicesTable } from "../../environment-text.ts";
import { withProgress } from "../../operation.ts";

/** `cilo cloud connect` */
export default async function cloudConnect(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  await withProgress(context, async ({ onEvent }) => {
    onEvent({ kind: "engine", line: `connecting to ${name}` });
    const target = await cloudTarget(context, flags, name);
    const record = await connectTo(context, target.session, target.record);
    const { client } = agentOf(context, target.session, record);
    const { machineIp } = record.connection;
    await untilAnswering(context, client, { environmentId: target.environment.id, machineIp });
    await refreshNames(context, { ...target, record });
  });
  const { data } = await cloudStatus(context, flags, name);
  return {
    data,
    text: (style) => `${style.bold(name)} of ${data.project} answers here\n${servicesTable(data, style)}`,
  };
}
