import { command } from "../../command.ts";
import { environment, globalFlags, service, text } from "../../parameters.ts";

export const hostnamesAddCommand = command({
  load: () => import("../../actions/hostnames/add.ts"),
  parameters: {
    flags: globalFlags,
    positional: {
      kind: "tuple",
      parameters: [
        environment,
        service,
        { parse: text, brief: "Whole host name, such as shop.test", placeholder: "hostname" },
      ],
    },
  },
  brief: "Give a service of an environment one more hostname",
  description:
    "Kept with the environment, not in the project: hostnames for every environment stand in .cilo/config.yml or in the label cilo.hostnames.",
});
