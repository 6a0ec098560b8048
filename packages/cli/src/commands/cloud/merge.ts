import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, toggle } from "../../parameters.ts";

export const cloudMergeCommand = command({
  load: () => import("../../actions/cloud/merge.ts"),
  parameters: {
    flags: { ...cloudFlags, dryRun: toggle("Only tell what would be done") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Bring what was edited on the machine into the source",
});
