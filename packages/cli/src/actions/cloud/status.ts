import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { cloudStatus } from "../../cloud/target.ts";
import type { CloudEnvironmentData } from "../../cloud/view.ts";
import type { CiloContext } from "../../context.ts";
import { text } from "../status.ts";
import list from "./list.ts";

/** `cilo cloud status [env]` */
export default async function showCloudStatus(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string | undefined,
): Promise<Answer> {
  if (name === undefined) return await list(context, { ...flags, all: false });
  const { data } = await cloudStatus(context, flags, name);
  return { data, text: (style) => text(data, style, facts(data)) };
}

function facts(data: CloudEnvironmentData): (readonly [string, string])[] {
  return [
    ["server", data.server],
    ["status", data.reason === undefined ? data.status : `${data.status}: ${data.reason}`],
    ["machine", data.machineId ?? "none yet"],
    ["created by", data.createdBy],
    ["until", data.deadline === null ? "kept" : `${data.deadline} (${data.deadlineReason ?? "no reason given"})`],
    ["connected", data.connected ? "yes" : "no"],
  ];
}
