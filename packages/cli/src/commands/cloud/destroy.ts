import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, toggle } from "../../parameters.ts";

export const cloudDestroyCommand = command({
  load: () => import("../../actions/cloud/destroy.ts"),
  parameters: {
    flags: { ...cloudFlags, force: toggle("Also with edits in the local copy that are nowhere else") },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Remove an environment on a server, and all that this machine has of it",
});
