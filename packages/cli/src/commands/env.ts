import { command } from "../command.ts";
import { environment, globalFlags } from "../parameters.ts";

export const envCommand = command({
  load: () => import("../actions/env.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Print an environment's variables as export lines",
});
