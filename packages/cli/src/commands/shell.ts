import { command } from "../command.ts";
import { environment, globalFlags, service } from "../parameters.ts";

export const shellCommand = command({
  load: () => import("../actions/shell.ts"),
  parameters: {
    flags: globalFlags,
    positional: { kind: "tuple", parameters: [environment, { ...service, optional: true }] },
  },
  brief: "Open a shell in an environment",
  description:
    "In a devcontainer as its remoteUser, in its workspace folder, with its variables, once postAttachCommand has run. Of other projects in the service that is named, or the only one. What is piped in is run.",
});
