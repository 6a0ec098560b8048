import { command } from "../command.ts";
import { environment, globalFlags, scale, seconds, toggle, value, values } from "../parameters.ts";
import { formats, projectFlags } from "../project-flags.ts";

/** What `up` and `create` have in common. */
export const upFlags = {
  ...globalFlags,
  ...projectFlags,
  build: toggle("Build images again"),
  format: { kind: "enum", values: formats, optional: true, brief: "Read the project as this format" },
  runtime: value("Container engine to run it on", "name"),
  scale: {
    kind: "parsed",
    parse: scale,
    variadic: true,
    optional: true,
    brief: "Number of containers of a service, SVC=N, repeatable",
    placeholder: "svc=n",
  },
  share: values("Service to share between the project's environments, repeatable", "service"),
  isolate: values("Service to isolate although it is marked as shared, repeatable", "service"),
} as const;

export const upCommand = command({
  load: () => import("../actions/up.ts"),
  parameters: {
    flags: {
      ...upFlags,
      recreate: toggle("Replace containers although nothing changed"),
      noWait: toggle("Return as soon as everything is started"),
      timeout: {
        kind: "parsed",
        parse: seconds,
        default: "300",
        brief: "Longest wait for services to become healthy",
        placeholder: "seconds",
      },
      dryRun: toggle("Print what would run, make nothing"),
    },
    aliases: { f: "file" },
    positional: { kind: "tuple", parameters: [environment] },
  },
  brief: "Create an environment if it is not there, start or update it, wait until it is healthy",
  description:
    "Prints every service with its URL and port. Run again it changes nothing; after an edit it applies just the edit. When the first creation fails, nothing is left behind; a failed update leaves what ran before. Options are remembered: a later up without them means the same.",
});
