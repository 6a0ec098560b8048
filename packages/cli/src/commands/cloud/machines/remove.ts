import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";
import { text, toggle } from "../../../parameters.ts";

export const cloudMachinesRemoveCommand = command({
  load: () => import("../../../actions/cloud/machines/remove.ts"),
  parameters: {
    flags: { ...cloudFlags, force: toggle("Destroy its environments first") },
    positional: {
      kind: "tuple",
      parameters: [{ parse: text, brief: "Name or identifier of the machine", placeholder: "name" }],
    },
  },
  brief: "Take every trace of Cilo off a machine and forget it",
});
