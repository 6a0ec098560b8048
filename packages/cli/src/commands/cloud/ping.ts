import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudPingCommand = command({
  load: () => import("../../actions/cloud/ping.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Measure round trips to an environment's machine through the tunnel",
});
