import { CiloError } from "@cilo/base";
import { EngineCode, type EnvironmentSpec, printCompose, printDevcontainer } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { maskSpec } from "../masking.ts";
import { parseProject, readProjectDevcontainer } from "../parse-project.ts";
import type { Format, ProjectFlags } from "../project-flags.ts";

export interface SpecFlags extends GlobalFlags, ProjectFlags {
  readonly projectDirectory: string | undefined;
  readonly projectName: string | undefined;
  readonly format: Format | undefined;
  readonly as: "json" | "compose" | "devcontainer" | "dockerfile";
  readonly showValues: boolean;
}

/** `cilo spec`. Its answer is JSON with and without `--json`. */
export default async function showSpec(context: CiloContext, flags: SpecFlags, ...services: string[]): Promise<Answer> {
  if (flags.as === "devcontainer") return devcontainer(context, flags);
  const spec = await Promise.resolve(parseProject(context, { ...flags, services }));
  for (const { message } of spec.notices) context.output.warning(message);
  if (flags.as === "dockerfile") return dockerfile(spec);
  const data = flags.as === "compose" ? printCompose(spec) : flags.showValues ? spec : maskSpec(spec);
  return { data, text: () => JSON.stringify(data, undefined, 2) };
}

/** Exact, like the reference's `read-configuration`. */
function devcontainer(context: CiloContext, flags: SpecFlags): Answer {
  const resolved = readProjectDevcontainer(context, flags);
  for (const { message } of resolved.notices) context.output.warning(message);
  const data = printDevcontainer(resolved);
  return { data, text: () => JSON.stringify(data, undefined, 2) };
}

/** The one that is made for the project; a project's own is not printed again. */
function dockerfile(spec: EnvironmentSpec): Answer {
  const text = Object.values(spec.services)
    .map(({ build }) => build?.dockerfile_inline)
    .find((one) => one !== undefined);
  if (text === undefined)
    throw new CiloError(EngineCode.fileNotFound, "No Dockerfile is made for this project", {
      hint: "One is made for a Procfile project that has none of its own",
    });
  return { data: { dockerfile: text }, text: () => text.trimEnd() };
}
