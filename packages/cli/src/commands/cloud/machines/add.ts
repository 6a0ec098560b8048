import { cloudFlags } from "../../../cloud/flags.ts";
import { command } from "../../../command.ts";
import { text, toggle, value, wholeNumber } from "../../../parameters.ts";

export const cloudMachinesAddCommand = command({
  load: () => import("../../../actions/cloud/machines/add.ts"),
  parameters: {
    flags: {
      ...cloudFlags,
      host: { kind: "parsed", parse: text, brief: "Host name or address", placeholder: "host" },
      sshUser: {
        kind: "parsed",
        parse: text,
        brief: "User to log in as: root, or one who may sudo without a password",
        placeholder: "user",
      },
      sshPort: {
        kind: "parsed",
        parse: wholeNumber(1),
        optional: true,
        brief: "Port of its SSH (default 22)",
        placeholder: "port",
      },
      sshKey: value("Path of the private key on the server's host", "path"),
      hostKey: value("Fingerprint that the host must show, SHA256:…", "fingerprint"),
      endpoint: value("Where laptops reach its WireGuard (default HOST:51820)", "host:port"),
      environments: {
        kind: "parsed",
        parse: wholeNumber(1),
        optional: true,
        brief: "How many environments it may carry (default 10)",
        placeholder: "n",
      },
      firewall: toggle("Limit the machine to SSH and WireGuard"),
      allowPrivileged: toggle("Let exclusive environments own the machine"),
    },
    positional: { kind: "tuple", parameters: [{ parse: text, brief: "Name of the machine", placeholder: "name" }] },
  },
  brief: "Register a machine over SSH",
});
