import { command } from "../command.ts";
import { environmentAndServices, globalFlags, toggle, value, values, wholeNumber } from "../parameters.ts";

export const execCommand = command({
  load: () => import("../actions/exec.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      user: value("User to run it as", "user"),
      workdir: value("Folder in the container to run it in", "path"),
      env: values("Variable to set, NAME=VALUE, repeatable", "name=value"),
      index: {
        kind: "parsed",
        parse: wholeNumber(1),
        optional: true,
        brief: "Which container of a scaled service",
        placeholder: "n",
      },
      noTty: toggle("No terminal, although there is one here"),
    },
    aliases: { u: "user", w: "workdir", e: "env", T: "noTty" },
    positional: {
      ...environmentAndServices,
      minimum: 3,
      parameter: {
        ...environmentAndServices.parameter,
        brief: "Environment, service, and the command with its arguments, verbatim",
        placeholder: "env service command",
      },
    },
  },
  brief: "Run a command in a service's container",
  description:
    "Flags of exec stand before <env>; everything after <service> is the command's, verbatim (one -- right after <service> is left out). With a terminal where stdin and stdout are one, with pipes otherwise. In a devcontainer (dev, or its service) as its remoteUser, in its workspace folder, with its variables. The exit status is the command's.",
  examples: [
    { input: "cilo exec agent-1 web sh", brief: "a shell in the container of web" },
    { input: "cilo exec -u root agent-1 db -- psql -c 'select 1'", brief: "as root, flags and all" },
  ],
});
