import { command } from "../command.ts";
import { environment, globalFlags } from "../parameters.ts";

export const downCommand = command({
  load: () => import("../actions/down.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Stop an environment; its data, workspace and addresses stay",
});
