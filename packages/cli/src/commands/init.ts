import { command } from "../command.ts";
import { globalFlags, text, toggle, value, wholeNumber } from "../parameters.ts";

export const initCommand = command({
  load: () => import("../actions/init.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      undo: toggle("Put back exactly what was there before"),
      dnsPort: {
        kind: "parsed",
        parse: wholeNumber(1),
        optional: true,
        brief: "Port of 127.0.0.1 that names are served on (default 5354)",
        placeholder: "port",
      },
      baseSubnet: value("Range that environments get their addresses from (default 10.223.0.0/16)", "cidr"),
      addressing: {
        kind: "enum",
        values: ["auto", "direct", "loopback"],
        optional: true,
        brief:
          "How services of new environments are reached: at their containers, or at loopback addresses (default auto)",
      },
      suffix: {
        kind: "parsed",
        parse: text,
        variadic: true,
        optional: true,
        brief: "Domain that names end in, repeatable (default .test)",
        placeholder: ".suffix",
      },
    },
  },
  brief: "Make this machine resolve environments' names; once per machine",
  description:
    "Points the system's resolver at Cilo's name server for the suffix alone; other names keep resolving as before. With sudo it also installs the helper that makes tunnels for you. Needs root: sudo cilo init.",
});
