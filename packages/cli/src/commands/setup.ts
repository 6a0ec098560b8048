import { command } from "../command.ts";
import { globalFlags, toggle, value } from "../parameters.ts";

export const setupCommand = command({
  load: () => import("../actions/setup.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      from: value("Project folder (default: here)", "path"),
      yes: toggle("Take the proposed answers, ask nothing"),
      force: toggle("Replace a config file that is there"),
    },
  },
  brief: "Write .cilo/config.yml by asking",
});
