import { command } from "../command.ts";
import { globalFlags, toggle } from "../parameters.ts";

export const listCommand = command({
  load: () => import("../actions/list.ts"),
  parameters: { flags: { ...globalFlags, all: toggle("Also those that a command is destroying just now") } },
  brief: "List environments",
});
