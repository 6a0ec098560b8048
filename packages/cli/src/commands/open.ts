import { command } from "../command.ts";
import { environment, globalFlags, service, toggle } from "../parameters.ts";

export const openCommand = command({
  load: () => import("../actions/open.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      editor: toggle("Open the container in Visual Studio Code in place of its URL in the browser"),
    },
    positional: { kind: "tuple", parameters: [environment, { ...service, optional: true }] },
  },
  brief: "Open an environment's URL in the browser, or print it where there is none",
  description:
    "With --editor the address at which Visual Studio Code attaches to the devcontainer, or to the service that is named.",
});
