import { command } from "../command.ts";
import { environment, globalFlags } from "../parameters.ts";

export const urlsCommand = command({
  load: () => import("../actions/urls.ts"),
  parameters: { flags: globalFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Print the URLs of an environment's services",
});
