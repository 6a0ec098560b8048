import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudPathCommand = command({
  load: () => import("../../actions/cloud/path.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Print the folder of an environment's local copy",
});
