import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudSyncCommand = command({
  load: () => import("../../actions/cloud/sync.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Send the source's edits to the machine and restart what changed",
});
