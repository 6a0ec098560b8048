import { command } from "../command.ts";
import { globalFlags, service, text, toggle, value } from "../parameters.ts";
import { formats, projectFlags } from "../project-flags.ts";

export const specCommand = command({
  load: () => import("../actions/spec.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      ...projectFlags,
      projectDirectory: value("Folder that relative paths start from", "path"),
      projectName: value("Project name", "name"),
      format: { kind: "enum", values: formats, optional: true, brief: "Read it as this format" },
      as: {
        kind: "enum",
        values: ["json", "compose", "devcontainer", "dockerfile"],
        default: "json",
        brief:
          "json: Cilo's EnvironmentSpec; compose: what docker compose config --format json prints; devcontainer: what devcontainer read-configuration prints; dockerfile: what is made for a Procfile project",
      },
      showValues: toggle("Do not mask environment values"),
    },
    aliases: { f: "file", p: "projectName" },
    positional: {
      kind: "array",
      parameter: {
        parse: text,
        brief: "Only these services and what they depend on",
        placeholder: service.placeholder,
      },
    },
  },
  brief: "Print what is parsed from a project folder, before isolation",
  description:
    "Needs no container engine. Environment values and the content of secrets are masked, but for --as compose and --as devcontainer, which are exact, and with --show-values. Warnings go to stderr, in lines that start with warn.",
});
