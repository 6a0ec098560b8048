import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CiloError, writeFileAtomic } from "@cilo/base";
import { type EnvironmentSpec, isDnsLabel, parseProjectConfig, serviceLabel } from "@cilo/engine";
import type { Answer, GlobalFlags } from "../answer.ts";
import { type ProjectAnswers, renderConfig } from "../config-text.ts";
import type { CiloContext } from "../context.ts";
import { CliCode } from "../errors.ts";
import { parseProject } from "../parse-project.ts";
import type { Prompts } from "../prompts.ts";

export interface SetupFlags extends GlobalFlags {
  readonly from: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

/** `cilo setup` */
export default async function setup(context: CiloContext, { from, yes, force }: SetupFlags): Promise<Answer> {
  const project = resolve(context.cwd, from ?? ".");
  const path = join(project, ".cilo", "config.yml");
  if (existsSync(path) && !force)
    throw new CiloError(CliCode.configExists, `${path} is there already`, {
      hint: "Edit it, or replace it: cilo setup --force",
    });
  const spec = parseProject(context, { from });
  const answers = yes ? proposed(spec) : await ask(spec, promptsOf(context));
  const text = renderConfig(answers);
  parseProjectConfig(text, path);
  await writeFileAtomic(path, text, { mode: 0o644 });
  return {
    data: { path, config: answers },
    text: () => `${path} is written; make an environment: (cd ${dirname(dirname(path))} && cilo up <env>)`,
  };
}

function promptsOf({ prompts }: CiloContext): Prompts {
  if (prompts !== undefined) return prompts;
  throw new CiloError(CliCode.terminalRequired, "setup asks questions, and there is no terminal", {
    hint: "Take the proposed answers: cilo setup --yes",
  });
}

/** What is taken when nobody is asked: the project's name as a label, the rest left to the defaults. */
function proposed(spec: EnvironmentSpec): ProjectAnswers {
  return { project: serviceLabel(spec.name) ?? "app", ingress: undefined, share: [], copyMode: "all" };
}

async function ask(spec: EnvironmentSpec, prompts: Prompts): Promise<ProjectAnswers> {
  const services = Object.keys(spec.services).map((value) => ({ value }));
  const project = await prompts.text("Name of the project? It becomes part of its host names", {
    initial: proposed(spec).project,
    check: (answer) => (isDnsLabel(answer) ? undefined : "1 to 63 of a-z, 0-9 and -, a letter or digit first and last"),
  });
  const ingress = await prompts.choose(`Which service answers to ${project}.<env>.test?`, [
    { value: "", label: "the one Cilo finds" },
    ...services,
  ]);
  const share = await prompts.chooseAny(
    "Which services may all environments share? Their data is then common",
    services,
  );
  const copyMode = await prompts.choose("Which .env files come into an environment?", [
    { value: "all", label: "all" },
    { value: "allowlist", label: "only variables I list in env.copy" },
    { value: "none", label: "none" },
  ]);
  return {
    project,
    ingress: ingress === "" ? undefined : ingress,
    share,
    copyMode: copyMode === "allowlist" || copyMode === "none" ? copyMode : "all",
  };
}
