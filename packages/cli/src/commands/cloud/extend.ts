import { cloudFlags, hours } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment, toggle } from "../../parameters.ts";

export const cloudExtendCommand = command({
  load: () => import("../../actions/cloud/extend.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
      ttl: {
        kind: "parsed",
        parse: hours,
        optional: true,
        brief: "From now on: 90m, 8h, 2d (default 8h)",
        placeholder: "time",
      },
      keep: toggle("Never stop or destroy it for being idle"),
    },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Give an environment more time",
});
