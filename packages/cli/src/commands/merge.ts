import { command } from "../command.ts";
import { environment, globalFlags, toggle } from "../parameters.ts";

export const mergeCommand = command({
  load: () => import("../actions/merge.ts"),
  parameters: {
    flags: { ...globalFlags, dryRun: toggle("Print what would be done, do nothing") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Bring the edits of an environment's workspace into the source",
  description:
    "Uncommitted and untracked files are included. Files edited on both sides are reported and left as they are in the source.",
});
