import { cloudFlags } from "../../cloud/flags.ts";
import { command } from "../../command.ts";
import { toggle } from "../../parameters.ts";

export const cloudLoginCommand = command({
  load: () => import("../../actions/cloud/login.ts"),
  parameters: { flags: { ...cloudFlags, stdin: toggle("Read the key from standard input") } },
  brief: "Log in to a server with an API key",
  description:
    "The key is tried, then kept in cloud-auth.json of the home (0600). With several servers the last one logged in to is meant; --server or CILO_SERVER chooses another, CILO_API_KEY another key.",
  examples: [
    { input: "cilo cloud login --server https://cilo.company.com", brief: "asks for the key" },
    { input: "cilo cloud login --server https://cilo.company.com --stdin < key", brief: "in CI" },
  ],
});
