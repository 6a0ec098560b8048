import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { type EnvironmentData, environmentData } from "../environment-data.ts";
import { servicesTable, stateText } from "../environment-text.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";

/** `cilo status` */
export default async function showStatus(
  context: CiloContext,
  _flags: GlobalFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const data = environmentData(await environments.status(environment, { signal: context.signal }));
  return { data, text: (style) => text(data, style) };
}

/** An environment's facts and services; with more facts where it has them. */
export function text(data: EnvironmentData, style: Style, more: readonly (readonly [string, string])[] = []): string {
  const facts = table(
    [
      ["project", data.project],
      ["state", stateText(data.state, style)],
      ["url", data.baseUrl ?? "none"],
      ["source", data.source],
      ["workspace", data.workspace],
      [
        "addresses",
        [...data.blocks, ...(data.loopback === undefined ? [] : [`by loopback: ${data.loopback}`])].join(" "),
      ],
      ["runtime", data.runtime],
      ["created", data.createdAt],
      ...more,
    ].map(([name, fact]) => [style.dim(name ?? ""), fact ?? ""]),
  );
  const shared = data.sharedWithHost.map(
    ({ kind, what, service, readOnly }) =>
      `  ${kind} ${what}${service === undefined ? "" : ` of ${service}`}${readOnly ? ", read-only" : ""}`,
  );
  return [
    style.bold(data.environment),
    facts,
    servicesTable(data, style),
    ...(shared.length === 0 ? [] : [style.dim("shared with this machine or with other environments"), ...shared]),
  ].join("\n");
}
