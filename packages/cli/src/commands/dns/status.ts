import { command } from "../../command.ts";
import { globalFlags } from "../../parameters.ts";

export const dnsStatusCommand = command({
  load: () => import("../../actions/dns/status.ts"),
  parameters: { flags: globalFlags },
  brief: "Show the name server, the system's resolver and the names that are served",
});
