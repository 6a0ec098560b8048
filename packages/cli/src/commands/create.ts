import { command } from "../command.ts";
import { environment } from "../parameters.ts";
import { upFlags } from "./up.ts";

export const createCommand = command({
  load: () => import("../actions/create.ts"),
  parameters: {
    flags: upFlags,
    aliases: { f: "file" },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Create an environment without starting it",
  description:
    "As up, but starts nothing: the workspace, the addresses and the generated Compose file are there afterwards.",
});
