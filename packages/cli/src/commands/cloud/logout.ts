import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";

export const cloudLogoutCommand = command({
  load: () => import("../../actions/cloud/logout.ts"),
  parameters: { flags: cloudFlags },
  brief: "Forget the key of a server",
});
