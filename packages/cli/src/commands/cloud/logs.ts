import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environmentAndServices, toggle, value } from "../../parameters.ts";

export const cloudLogsCommand = command({
  load: () => import("../../actions/cloud/logs.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
      follow: toggle("Go on as lines are written"),
      since: value("Only lines after this time (2026-01-31T10:00:00Z) or of the last 10m", "time"),
      tail: value("Number of lines from the end", "lines"),
      timestamps: toggle("With the time of each line"),
    },
    aliases: { f: "follow" },
    positional: environmentAndServices,
  },
  brief: "Print what services wrote",
});
