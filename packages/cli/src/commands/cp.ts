import { command } from "../command.ts";
import { environment, globalFlags, text } from "../parameters.ts";

export const cpCommand = command({
  load: () => import("../actions/cp.ts"),
  parameters: {
    flags: globalFlags,
    positional: {
      kind: "tuple",
      parameters: [
        environment,
        { parse: text, brief: "Path here, or SERVICE:PATH", placeholder: "from" },
        { parse: text, brief: "Path here, or SERVICE:PATH", placeholder: "to" },
      ],
    },
  },
  brief: "Copy files between here and a service's container",
});
