import { command, globalFlags, text } from "../command.ts";

export const specCommand = command({
  load: () => import("../actions/spec.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      from: { kind: "parsed", parse: text, optional: true, brief: "Project folder (default: here)", placeholder: "path" },
      file: { kind: "parsed", parse: text, variadic: true, optional: true, brief: "Project file, repeatable", placeholder: "file" },
      profile: { kind: "parsed", parse: text, variadic: true, optional: true, brief: "Profile to enable, repeatable", placeholder: "name" },
      envFile: { kind: "parsed", parse: text, variadic: true, optional: true, brief: "Env file in place of .env, repeatable", placeholder: "file" },
      projectDirectory: { kind: "parsed", parse: text, optional: true, brief: "Folder that relative paths start from", placeholder: "path" },
      projectName: { kind: "parsed", parse: text, optional: true, brief: "Project name", placeholder: "name" },
      format: { kind: "enum", values: ["compose", "devcontainer", "procfile"], optional: true, brief: "Read it as this format" },
      as: { kind: "enum", values: ["json", "compose"], default: "json", brief: "json: Cilo's EnvironmentSpec; compose: exactly what docker compose config --format json prints" },
      showValues: { kind: "boolean", brief: "Do not mask environment values", withNegated: false },
    },
    aliases: { f: "file", p: "projectName" },
    positional: { kind: "array", parameter: { parse: text, brief: "Only these and what they depend on", placeholder: "service" } },
  },
  brief: "Print what is parsed from a project folder, before isolation",
  description: "Needs no container engine. Environment values and the content of secrets are masked, but for --as compose and with --show-values. Warnings go to stderr.",
});
