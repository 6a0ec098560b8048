import { resolve } from "node:path";
import * as engine from "@cilo/engine";
import type { EnvironmentSpec } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import type { CiloContext } from "../context.ts";
import { maskSpec } from "../masking.ts";

export interface SpecFlags extends GlobalFlags {
  readonly from: string | undefined;
  readonly file: readonly string[] | undefined;
  readonly profile: readonly string[] | undefined;
  readonly envFile: readonly string[] | undefined;
  readonly projectDirectory: string | undefined;
  readonly projectName: string | undefined;
  readonly format: "compose" | "devcontainer" | "procfile" | undefined;
  readonly as: "json" | "compose";
  readonly showValues: boolean;
}

/** `cilo spec` */
export default async function showSpec(context: CiloContext, flags: SpecFlags, ...services: string[]): Promise<Answer> {
  const spec = await Promise.resolve(parse(context, flags, services));
  for (const notice of spec.notices) context.output.warning(notice.message);
  const data = flags.as === "compose" ? engine.printCompose(spec) : flags.showValues ? spec : maskSpec(spec);
  return { data, text: () => JSON.stringify(data, undefined, 2) };
}

function parse(context: CiloContext, flags: SpecFlags, services: readonly string[]): EnvironmentSpec {
  const workingDir = resolve(context.cwd, flags.from ?? ".");
  const files = engine.projectFiles();
  const { parser } = engine.detectProject({
    parsers: [engine.composeParser],
    workingDir,
    files,
    projectFiles: flags.file,
    format: flags.format,
  });
  return parser.parse({
    files,
    env: context.env,
    workingDir,
    projectFiles: flags.file,
    profiles: flags.profile,
    envFiles: flags.envFile,
    projectDirectory: flags.projectDirectory,
    projectName: flags.projectName,
    services,
  });
}
