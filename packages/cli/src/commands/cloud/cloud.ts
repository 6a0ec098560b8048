import { buildRouteMap } from "@stricli/core";
import type { CiloContext } from "../../context.ts";
import { cloudConnectCommand } from "./connect.ts";
import { cloudDestroyCommand } from "./destroy.ts";
import { cloudDiffCommand } from "./diff.ts";
import { cloudDisconnectCommand } from "./disconnect.ts";
import { cloudDownCommand } from "./down.ts";
import { cloudEnvCommand } from "./env.ts";
import { cloudExecCommand } from "./exec.ts";
import { cloudExtendCommand } from "./extend.ts";
import { cloudKeysCreateCommand } from "./keys/create.ts";
import { cloudKeysListCommand } from "./keys/list.ts";
import { cloudKeysRevokeCommand } from "./keys/revoke.ts";
import { cloudListCommand } from "./list.ts";
import { cloudLoginCommand } from "./login.ts";
import { cloudLogoutCommand } from "./logout.ts";
import { cloudLogsCommand } from "./logs.ts";
import { cloudMachinesAddCommand } from "./machines/add.ts";
import { cloudMachinesListCommand } from "./machines/list.ts";
import { cloudMachinesRemoveCommand } from "./machines/remove.ts";
import { cloudMergeCommand } from "./merge.ts";
import { cloudNetcheckCommand } from "./netcheck.ts";
import { cloudOpenCommand } from "./open.ts";
import { cloudPathCommand } from "./path.ts";
import { cloudPingCommand } from "./ping.ts";
import { cloudStatusCommand } from "./status.ts";
import { cloudSyncCommand } from "./sync.ts";
import { cloudUpCommand } from "./up.ts";
import { cloudUrlsCommand } from "./urls.ts";
import { cloudWhoamiCommand } from "./whoami.ts";

const keys = buildRouteMap<"create" | "list" | "revoke", CiloContext>({
  routes: { create: cloudKeysCreateCommand, list: cloudKeysListCommand, revoke: cloudKeysRevokeCommand },
  docs: { brief: "API keys of the team" },
});

const machines = buildRouteMap<"add" | "list" | "remove", CiloContext>({
  routes: { add: cloudMachinesAddCommand, list: cloudMachinesListCommand, remove: cloudMachinesRemoveCommand },
  docs: { brief: "Machines that environments run on" },
});

/** `cilo cloud …`: environments on a server. */
export const cloudRoutes = buildRouteMap<string, CiloContext>({
  routes: {
    login: cloudLoginCommand,
    logout: cloudLogoutCommand,
    whoami: cloudWhoamiCommand,
    up: cloudUpCommand,
    down: cloudDownCommand,
    destroy: cloudDestroyCommand,
    sync: cloudSyncCommand,
    connect: cloudConnectCommand,
    disconnect: cloudDisconnectCommand,
    list: cloudListCommand,
    status: cloudStatusCommand,
    urls: cloudUrlsCommand,
    env: cloudEnvCommand,
    path: cloudPathCommand,
    open: cloudOpenCommand,
    diff: cloudDiffCommand,
    merge: cloudMergeCommand,
    logs: cloudLogsCommand,
    exec: cloudExecCommand,
    extend: cloudExtendCommand,
    ping: cloudPingCommand,
    netcheck: cloudNetcheckCommand,
    keys,
    machines,
  },
  docs: { brief: "Environments on a server" },
});
