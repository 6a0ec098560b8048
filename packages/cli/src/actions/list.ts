import type { EnvironmentSummary } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { stateText } from "../environment-text.ts";
import { given } from "../parameters.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";

/** `cilo list` */
export default async function list(
  context: CiloContext,
  flags: GlobalFlags & { readonly all: boolean },
): Promise<Answer> {
  const { environments } = await context.wiring();
  const summaries = await environments.list({ signal: context.signal });
  const isGoing = ({ state, interrupted }: EnvironmentSummary): boolean =>
    state === "destroying" && interrupted !== true;
  const shown = flags.all ? summaries : summaries.filter((summary) => !isGoing(summary));
  return { data: { environments: shown.map(summaryData) }, text: (style) => text(shown, style) };
}

function summaryData(summary: EnvironmentSummary): object {
  const { environment, project, state, source, format, runtime, createdAt, services, interrupted } = summary;
  return { environment, project, state, source, format, runtime, createdAt, services, ...given({ interrupted }) };
}

/** What became of a command that was killed or failed halfway. */
const HALF: Readonly<Partial<Record<EnvironmentSummary["state"], string>>> = {
  creating: "half made",
  destroying: "half removed",
};

function text(summaries: readonly EnvironmentSummary[], style: Style): string {
  if (summaries.length === 0) return "There is no environment yet. Make one in a project folder: cilo up <env>";
  return table([
    ["ENVIRONMENT", "PROJECT", "STATE", "SERVICES", "SOURCE"].map(style.dim),
    ...summaries.map(({ environment, project, state, services, source, interrupted }) => [
      style.bold(environment),
      project,
      stateText((interrupted === true ? HALF[state] : undefined) ?? state, style),
      `${services.running}/${services.total}`,
      source,
    ]),
  ]);
}
