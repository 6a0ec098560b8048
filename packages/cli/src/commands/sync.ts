import { command } from "../command.ts";
import { environment, globalFlags, toggle } from "../parameters.ts";

export const syncCommand = command({
  load: () => import("../actions/sync.ts"),
  parameters: {
    flags: { ...globalFlags, dryRun: toggle("Print what would be done, do nothing") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Bring edits of the source into an environment's workspace",
  description: "Files edited on both sides since the last sync are reported and left as they are in the workspace.",
});
