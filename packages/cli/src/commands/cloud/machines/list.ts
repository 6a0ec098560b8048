import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";

export const cloudMachinesListCommand = command({
  load: () => import("../../../actions/cloud/machines/list.ts"),
  parameters: { flags: cloudFlags },
  brief: "List the machines",
});
