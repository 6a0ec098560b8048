import { command } from "../command.ts";
import { environment, globalFlags, toggle } from "../parameters.ts";

export const configCommand = command({
  load: () => import("../actions/config.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      isolated: toggle("What really runs, after isolation"),
      showValues: toggle("Do not mask environment values"),
    },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Print what an environment was made from, or with --isolated what really runs",
});
