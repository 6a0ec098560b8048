import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { environment } from "../../parameters.ts";

export const cloudUrlsCommand = command({
  load: () => import("../../actions/cloud/urls.ts"),
  parameters: { flags: cloudFlags, positional: { kind: "tuple", parameters: [environment] } },
  brief: "Print every URL of an environment on a server",
});
