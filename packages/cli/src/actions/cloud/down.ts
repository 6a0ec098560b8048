import type { Answer, GlobalFlags } from "../../answer.ts";
import { withdrawNames } from "../../cloud/names.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudTarget } from "../../cloud/target.ts";
import { untilSettled } from "../../cloud/wait.ts";
import type { CiloContext } from "../../context.ts";
import { withProgress } from "../../operation.ts";

/** `cilo cloud down` */
export default async function cloudDown(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  await withProgress(context, async ({ onEvent }) => {
    const { session, environment, record } = await cloudTarget(context, flags, name);
    onEvent({ kind: "engine", line: `stopping ${name}` });
    await withdrawNames(context, record);
    if (environment.status === "stopped") return;
    await session.client.stopEnvironment({ params: { id: environment.id }, signal: context.signal });
    await untilSettled(context, session, { id: environment.id, status: "stopped" });
  });
  return { data: { environment: name, state: "stopped" }, text: () => `${name} is stopped` };
}
