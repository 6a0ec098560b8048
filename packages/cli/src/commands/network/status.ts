import { command } from "../../command.ts";
import { globalFlags } from "../../parameters.ts";

export const networkStatusCommand = command({
  load: () => import("../../actions/network/status.ts"),
  parameters: { flags: globalFlags },
  brief: "Show the address range, who has which block, and conflicts with the host's routes",
});
