import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { parseLabel } from "../spec/names.ts";
import type { changeHostnames } from "./change-hostnames.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { destroyEnvironment } from "./destroy.ts";
import type { takeDown } from "./down.ts";
import type { EnvironmentStatus, Environments, Located } from "./environments.ts";
import { listEnvironments } from "./list.ts";
import { mendNames } from "./mend-names.ts";
import type { planUp } from "./plan-up.ts";
import { find } from "./records.ts";
import type { attachTo } from "./workbench/attach.ts";
import { environmentStatus } from "./status.ts";
import type { bringUp } from "./up.ts";
import type { mergeEnvironment, syncEnvironment, workspaceEdits } from "./workspace-commands.ts";

/**
 * The life of environments over the given home, engines and network. Holds nothing: any number may be built, in any
 * process. What only reads (`list`, `status`, `find`) is loaded at once, so that it is quick; the rest when it is used.
 */
export function createEnvironments(deps: EnvironmentsDeps): Environments {
  const located = (environment: string): Promise<Located> => find(deps.home, parseLabel(environment, "environment"));
  return {
    find: located,
    list: (context) => explained(listEnvironments(deps, context)),
    status: (environment, context) => explained(status(deps, environment, context)),
    up: (request, context) => explained(up(deps, { ...request, startNothing: false }, context)),
    create: (request, context) => explained(up(deps, { ...request, startNothing: true }, context)),
    plan: (request, context) => explained(plan(deps, request, context)),
    down: (environment, context) => explained(down(deps, environment, context)),
    destroy: (environment, options, context) => explained(destroy(deps, environment, { ...options, ...context })),
    attach: (environment, context) => explained(attach(deps, environment, context)),
    sync: (environment, options, context) => explained(sync(deps, environment, { ...options, ...context })),
    changes: (environment, context) => explained(changes(deps, environment, context)),
    merge: (environment, options, context) => explained(merge(deps, environment, { ...options, ...context })),
    changeHostnames: (environment, change, context) => explained(hostnames(deps, environment, { change, ...context })),
  };
}

/** Looking at an environment also mends its names. */
async function status(
  deps: EnvironmentsDeps,
  name: string,
  context: { readonly signal: AbortSignal },
): Promise<EnvironmentStatus> {
  const found = await find(deps.home, parseLabel(name, "environment"));
  const answer = await environmentStatus(deps, found, context);
  if (answer.state === "running" || answer.state === "partial")
    await mendNames(deps, found.record.environment, context);
  return answer;
}

const up = async (...args: Parameters<typeof bringUp>) => (await import("./up.ts")).bringUp(...args);
const plan = async (...args: Parameters<typeof planUp>) => (await import("./plan-up.ts")).planUp(...args);
const down = async (...args: Parameters<typeof takeDown>) => (await import("./down.ts")).takeDown(...args);
const destroy = async (...args: Parameters<typeof destroyEnvironment>) =>
  (await import("./destroy.ts")).destroyEnvironment(...args);
const attach = async (...args: Parameters<typeof attachTo>) =>
  (await import("./workbench/attach.ts")).attachTo(...args);
const sync = async (...args: Parameters<typeof syncEnvironment>) =>
  (await import("./workspace-commands.ts")).syncEnvironment(...args);
const merge = async (...args: Parameters<typeof mergeEnvironment>) =>
  (await import("./workspace-commands.ts")).mergeEnvironment(...args);
const hostnames = async (...args: Parameters<typeof changeHostnames>) =>
  (await import("./change-hostnames.ts")).changeHostnames(...args);
const changes = async (...args: Parameters<typeof workspaceEdits>) =>
  (await import("./workspace-commands.ts")).workspaceEdits(...args);

/** A full disk, or a home that is somebody else's, may show anywhere a file is written. */
async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const place = isErrno(cause) && cause.path !== undefined ? ` for ${cause.path}` : "";
    if (isErrno(cause, "ENOSPC", "EDQUOT"))
      throw new CiloError(EngineCode.diskFull, `there is no space left${place}`, {
        cause,
        hint: "Make room, then run it again",
      });
    if (isErrno(cause, "EACCES", "EPERM", "EROFS"))
      throw new CiloError(EngineCode.notPermitted, `the system does not permit it${place}: ${cause.code}`, {
        cause,
        hint: "See whose it is; after a command under sudo: sudo chown -R $USER, or set CILO_HOME to a folder of yours",
      });
    throw cause;
  }
}
