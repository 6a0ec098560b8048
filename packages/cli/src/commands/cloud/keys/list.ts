import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";

export const cloudKeysListCommand = command({
  load: () => import("../../../actions/cloud/keys/list.ts"),
  parameters: { flags: cloudFlags },
  brief: "List the API keys of the team",
});
