import { command } from "../command.ts";
import { environment, globalFlags, toggle } from "../parameters.ts";

export const destroyCommand = command({
  load: () => import("../actions/destroy.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      all: toggle("Every environment of this home"),
      keepWorkspace: toggle("Keep the files; prints where they are put"),
      force: toggle("Even when the workspace has edits that are nowhere else"),
    },
    positional: { kind: "array", parameter: environment },
  },
  brief: "Remove environments: containers, networks, volumes, images of ours, files, addresses and names",
});
