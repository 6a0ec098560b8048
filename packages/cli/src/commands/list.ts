import { command } from "../command.ts";
import { globalFlags, toggle } from "../parameters.ts";

export const listCommand = command({
  load: () => import("../actions/list.ts"),
  parameters: { flags: { ...globalFlags, all: toggle("Also those being created or destroyed") } },
  brief: "List environments",
});
