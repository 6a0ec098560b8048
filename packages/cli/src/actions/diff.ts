import { join } from "node:path";
import { copyRulesOf, diffTree, readProjectConfig } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { changeLines } from "../sync-answer.ts";

export interface DiffFlags extends GlobalFlags {
  readonly nameOnly: boolean;
}

/** `cilo diff` */
export default async function diff(
  context: CiloContext,
  { nameOnly, json }: DiffFlags,
  environment: string,
): Promise<Answer> {
  const { environments } = await context.wiring();
  const changes = await environments.changes(environment, { signal: context.signal });
  const isText = !nameOnly && changes.length > 0;
  const text = isText ? await unifiedDiff(context, environment, !json && isColoured(context)) : "";
  return {
    data: { environment, changes, diff: text },
    text: (style) => (isText ? text.trimEnd() : changeLines(changes, style).join("\n")),
  };
}

async function unifiedDiff(context: CiloContext, environment: string, color: boolean): Promise<string> {
  const { environments, home } = await context.wiring();
  const { record, paths } = await environments.find(environment);
  const config = await readProjectConfig(join(paths.workspace, record.projectPath));
  const { text } = await diffTree({
    sourceRoot: record.sourceRoot,
    workspace: paths.workspace,
    baseline: paths.baseline,
    rules: copyRulesOf(config),
    exclude: [home.root],
    path: context.env["PATH"],
    color,
    signal: context.signal,
  });
  return text;
}

function isColoured({ streams, env }: CiloContext): boolean {
  return streams.stdout.isTTY === true && !env["NO_COLOR"];
}
