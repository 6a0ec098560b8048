import { cloudFlags, hours } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, toggle, value } from "../../parameters.ts";
import { formats } from "../../project-flags.ts";

export const cloudUpCommand = command({
  load: () => import("../../actions/cloud/up.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
      from: value("Project folder (default: the environment's own, else the current folder)", "path"),
      build: toggle("Build images again"),
      exclusive: toggle("A machine of its own"),
      ttl: {
        kind: "parsed",
        parse: hours,
        optional: true,
        brief: "Destroy it after so long, used or not: 90m, 8h, 2d",
        placeholder: "time",
      },
      keep: toggle("Never stop or destroy it for being idle"),
      machine: value("Name of the machine to run it on", "name"),
      detach: toggle("Return once the files are there"),
      format: { kind: "enum", values: formats, optional: true, brief: "Read the project as this format" },
    },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief:
    "Create an environment on a server if it is not there, send the files, start or update it, answer by name here",
  description:
    "Needs no container engine here. Run again after an edit it sends the difference and restarts what changed. What was interrupted is taken up by the next up, or removed by destroy.",
});
