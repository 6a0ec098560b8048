import { command } from "../../command.ts";
import { environment, globalFlags } from "../../parameters.ts";

export const hostnamesListCommand = command({
  load: () => import("../../actions/hostnames/list.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "List the extra hostnames of an environment's services",
});
