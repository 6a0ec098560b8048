import { type Application, buildApplication, buildRouteMap } from "@stricli/core";
import { specCommand } from "./commands/spec.ts";
import { versionCommand } from "./commands/version.ts";
import type { CiloContext } from "./context.ts";
import { parserText } from "./usage.ts";
import { version } from "./version.ts";

const routes = buildRouteMap<string, CiloContext>({
  routes: {
    spec: specCommand,
    version: versionCommand,
  },
  docs: { brief: "Isolated copies of an application, each service by name" },
});

/** The whole command line; docs/reference/commands.md is made from it. */
export const application: Application<CiloContext> = buildApplication(routes, {
  name: "cilo",
  versionInfo: { currentVersion: version },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { useAliasInUsageLine: false, onlyRequiredInUsageLine: true },
  localization: { text: parserText },
});
