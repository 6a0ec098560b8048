import { command } from "../command.ts";
import { environment, globalFlags, service } from "../parameters.ts";

export const openCommand = command({
  load: () => import("../actions/open.ts"),
  parameters: {
    flags: globalFlags,
    positional: { kind: "tuple", parameters: [environment, { ...service, optional: true }] },
  },
  brief: "Open an environment's URL in the browser, or print it where there is none",
});
