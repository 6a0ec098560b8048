import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, toggle } from "../../parameters.ts";

export const cloudDiffCommand = command({
  load: () => import("../../actions/cloud/diff.ts"),
  parameters: {
    flags: { ...cloudFlags, nameOnly: toggle("Only the paths") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Show what was edited on the machine, against the source",
});
