import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";

export const cloudNetcheckCommand = command({
  load: () => import("../../actions/cloud/netcheck.ts"),
  parameters: { flags: cloudFlags },
  brief: "Tell what of server, UDP, routes and names works from here",
});
