import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudConnectCommand = command({
  load: () => import("../../actions/cloud/connect.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Have an environment answer here by name: another person's, or one's own after a reboot",
});
