import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { toggle } from "../../parameters.ts";

export const cloudListCommand = command({
  load: () => import("../../actions/cloud/list.ts"),
  parameters: { flags: { ...cloudFlags, all: toggle("Also those that are being destroyed") } },
  brief: "List the environments on a server",
});
