import { command, globalFlags } from "../command.ts";

export const versionCommand = command({
  load: () => import("../actions/version.ts"),
  parameters: { flags: globalFlags },
  brief: "Print the version of Cilo, and of the Node it runs on",
});
