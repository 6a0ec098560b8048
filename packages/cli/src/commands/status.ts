import { command } from "../command.ts";
import { environment, globalFlags } from "../parameters.ts";

export const statusCommand = command({
  load: () => import("../actions/status.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Show an environment with its services",
});
