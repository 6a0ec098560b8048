import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";

export const cloudWhoamiCommand = command({
  load: () => import("../../actions/cloud/whoami.ts"),
  parameters: { flags: cloudFlags },
  brief: "Print who the key is",
});
