import { command } from "../command.ts";
import { environmentAndServices, globalFlags, toggle, value } from "../parameters.ts";

export const logsCommand = command({
  load: () => import("../actions/logs.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      follow: toggle("Go on as lines are written"),
      since: value("Only lines after this time (2026-01-31T10:00:00Z) or of the last 10m", "time"),
      tail: value("Number of lines from the end, for each container", "lines"),
      timestamps: toggle("With the time of each line"),
    },
    aliases: { f: "follow" },
    positional: environmentAndServices,
  },
  brief: "Print what services wrote",
});
