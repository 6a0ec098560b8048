import { command } from "../command.ts";
import { environment, globalFlags, toggle } from "../parameters.ts";

export const diffCommand = command({
  load: () => import("../actions/diff.ts"),
  parameters: {
    flags: { ...globalFlags, nameOnly: toggle("Print the paths alone, with what was done to each") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Show what was edited in an environment's workspace",
  description: "Uncommitted and untracked files are included.",
});
