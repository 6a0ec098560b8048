import { type Application, type RouteMapBuilderArguments, buildApplication, buildRouteMap } from "@stricli/core";
import { cloudRoutes } from "./commands/cloud/cloud.ts";
import { completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { cpCommand } from "./commands/cp.ts";
import { createCommand } from "./commands/create.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { diffCommand } from "./commands/diff.ts";
import { dnsStatusCommand } from "./commands/dns/status.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { envCommand } from "./commands/env.ts";
import { execCommand } from "./commands/exec.ts";
import { hostnamesAddCommand } from "./commands/hostnames/add.ts";
import { hostnamesListCommand } from "./commands/hostnames/list.ts";
import { hostnamesRemoveCommand } from "./commands/hostnames/remove.ts";
import { initCommand } from "./commands/init.ts";
import { listCommand } from "./commands/list.ts";
import { logsCommand } from "./commands/logs.ts";
import { mergeCommand } from "./commands/merge.ts";
import { networkStatusCommand } from "./commands/network/status.ts";
import { openCommand } from "./commands/open.ts";
import { pathCommand } from "./commands/path.ts";
import { runCommand } from "./commands/run.ts";
import { setupCommand } from "./commands/setup.ts";
import { shellCommand } from "./commands/shell.ts";
import { specCommand } from "./commands/spec.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { upCommand } from "./commands/up.ts";
import { urlsCommand } from "./commands/urls.ts";
import { versionCommand } from "./commands/version.ts";
import type { CiloContext } from "./context.ts";
import { parserText } from "./usage.ts";
import { version } from "./version.ts";

type Routes = RouteMapBuilderArguments<string, CiloContext>["routes"];

const hostnames = buildRouteMap<"list" | "add" | "remove", CiloContext>({
  routes: { list: hostnamesListCommand, add: hostnamesAddCommand, remove: hostnamesRemoveCommand },
  docs: { brief: "Extra hostnames of an environment" },
});

const routes = {
  init: initCommand,
  up: upCommand,
  create: createCommand,
  down: downCommand,
  destroy: destroyCommand,
  list: listCommand,
  status: statusCommand,
  urls: urlsCommand,
  path: pathCommand,
  open: openCommand,
  run: runCommand,
  exec: execCommand,
  shell: shellCommand,
  logs: logsCommand,
  cp: cpCommand,
  env: envCommand,
  sync: syncCommand,
  diff: diffCommand,
  merge: mergeCommand,
  spec: specCommand,
  config: configCommand,
  hostnames,
  dns: group("status", dnsStatusCommand, "Names"),
  network: group("status", networkStatusCommand, "Addresses"),
  cloud: cloudRoutes,
  doctor: doctorCommand,
  setup: setupCommand,
  completion: completionCommand,
  version: versionCommand,
} satisfies Routes;

function group(name: string, only: typeof dnsStatusCommand, brief: string) {
  return buildRouteMap<string, CiloContext>({ routes: { [name]: only }, docs: { brief } });
}

/** The whole command line; docs/reference/commands.md is made from it. */
export const application = (): Application<CiloContext> => build(routes);

/** What is needed to run `args`: one command where they name one, since the parser checks every command it is given. */
export function applicationFor([name = ""]: readonly string[]): Application<CiloContext> {
  const named = Object.entries(routes).filter(([route]) => route === name);
  return named.length === 1 ? build(Object.fromEntries(named)) : application();
}

function build(chosen: Routes): Application<CiloContext> {
  const root = buildRouteMap<string, CiloContext>({
    routes: chosen,
    docs: { brief: "Isolated copies of an application, each service by name" },
  });
  return buildApplication(root, {
    name: "cilo",
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { onlyRequiredInUsageLine: true },
    localization: { text: parserText },
  });
}
