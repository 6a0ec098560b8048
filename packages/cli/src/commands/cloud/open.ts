import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, service } from "../../parameters.ts";

export const cloudOpenCommand = command({
  load: () => import("../../actions/cloud/open.ts"),
  parameters: {
    flags: cloudFlags,
    positional: { kind: "tuple", parameters: [environment, { ...service, optional: true }] },
  },
  brief: "Open an environment's URL, or a service's, in the browser",
});
