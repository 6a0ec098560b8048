import { command } from "../command.ts";
import { globalFlags } from "../parameters.ts";

export const versionCommand = command({
  load: () => import("../actions/version.ts"),
  parameters: { flags: globalFlags },
  brief: "Print the version",
});
