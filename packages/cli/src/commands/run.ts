import { command } from "../command.ts";
import { environment, globalFlags, text, toggle, value } from "../parameters.ts";
import { projectFlags } from "../project-flags.ts";

export const runCommand = command({
  load: () => import("../actions/run.ts"),
  parameters: {
    flags: {
      ...globalFlags,
      ...projectFlags,
      noUp: toggle("Take the environment as it is: create and start nothing"),
      destroyAfter: toggle("Destroy the environment afterwards, with all edits in its workspace"),
      cloud: toggle(
        "The environment is on a server; the command runs here, in its local copy, which is sent afterwards",
      ),
      remote: toggle("Not available yet"),
      server: value("Server to work with (default: CILO_SERVER, else the one last logged in to)", "url"),
    },
    aliases: { f: "file" },
    positional: {
      kind: "array",
      minimum: 2,
      parameter: {
        ...environment,
        parse: text,
        brief: "Command, environment, and the command's arguments, verbatim",
        placeholder: "command env [args]",
      },
    },
  },
  brief: "Create and start an environment, then run a command on this machine in its workspace",
  description:
    "Flags of run stand before <command>; after <env> every word is the command's, verbatim, a -- included; a last --cloud or --remote is run's own, unless a -- stands before it. The command gets CILO_ENV, CILO_PROJECT, CILO_WORKSPACE, CILO_BASE_URL, CILO_DNS_SUFFIX and CILO_URL_<SERVICE>. Signals are passed on to it; the exit status is the command's.",
  examples: [
    { input: 'cilo run claude agent-1 "fix the login page"', brief: "an agent in its own copy of the project" },
    { input: "cilo run npm ci-7 test -- --grep x", brief: "runs npm test -- --grep x" },
    { input: "cilo run --destroy-after npm ci-8 test", brief: "leaves nothing behind" },
  ],
});
