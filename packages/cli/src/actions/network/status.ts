import type { Answer, GlobalFlags } from "../../answer.ts";
import type { CiloContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `cilo network status` */
export default async function showNetworkStatus(context: CiloContext, _flags: GlobalFlags): Promise<Answer> {
  const system = await (await context.wiring()).system();
  const data = await system.networkStatus(context.signal);
  return {
    data,
    text: (style) =>
      [
        `${style.dim("range")} ${data.baseSubnet}`,
        table([
          ["BLOCK", "ENVIRONMENT"].map(style.dim),
          ...data.blocks.map(({ block, environment, project }) => [block, `${environment} of ${project}`]),
        ]),
        ...data.conflicts.map(
          ({ route, device, owners }) =>
            `${style.yellow("conflict")} ${route}${device === undefined ? "" : ` (${device})`} ${owners.length === 0 ? "lies in the range; new blocks avoid it" : `hides ${owners.join(", ")}`}`,
        ),
      ].join("\n"),
  };
}
