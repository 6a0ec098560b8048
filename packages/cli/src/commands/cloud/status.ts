import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudStatusCommand = command({
  load: () => import("../../actions/cloud/status.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [{ ...environment, optional: true }] } },
  brief: "Show an environment on a server, the time it has left and why",
});
