import { command } from "../command.ts";
import { globalFlags, toggle } from "../parameters.ts";

export const doctorCommand = command({
  load: () => import("../actions/doctor.ts"),
  parameters: { flags: { ...globalFlags, fix: toggle("Mend what can be mended, and say what was done") } },
  brief: "Check the engine, names end to end, leftovers of every kind and address conflicts",
});
