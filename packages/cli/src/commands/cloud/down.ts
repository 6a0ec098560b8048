import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudDownCommand = command({
  load: () => import("../../actions/cloud/down.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Stop an environment on a server; data and addresses stay",
});
