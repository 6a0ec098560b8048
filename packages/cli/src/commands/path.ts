import { command } from "../command.ts";
import { environment, globalFlags } from "../parameters.ts";

export const pathCommand = command({
  load: () => import("../actions/path.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Print the path of an environment's workspace",
});
