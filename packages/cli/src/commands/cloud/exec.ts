import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environmentAndServices, toggle, value, values, wholeNumber } from "../../parameters.ts";

export const cloudExecCommand = command({
  load: () => import("../../actions/cloud/exec.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
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
  brief: "Run a command in a service's container on the machine",
  description:
    "Flags stand before <env>; everything after <service> is the command's, verbatim. With a terminal where stdin and stdout are one, with pipes otherwise. The exit status is the command's.",
});
