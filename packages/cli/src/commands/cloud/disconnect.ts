import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudDisconnectCommand = command({
  load: () => import("../../actions/cloud/disconnect.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Take this device off an environment; it goes on running",
});
