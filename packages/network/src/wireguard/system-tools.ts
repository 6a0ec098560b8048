import { CiloError, isCiloError, run as runProgram, type RunResult } from "@cilo/base";
import { NetworkCode } from "../errors.ts";

export interface ToolsContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Starts programs; tests start them in a network of their own. Default: `run` of base. */
  readonly run?: typeof runProgram;
}

/** Runs one of the system's network tools. What it says in failing becomes an error someone can act on. */
export type SystemTool = (
  argv: readonly string[],
  options: { readonly signal: AbortSignal; readonly variables?: Readonly<Record<string, string>> },
) => Promise<RunResult>;

export function systemTools({ env, run = runProgram }: ToolsContext): SystemTool {
  const PATH = `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
  return async ([file = "", ...args], { signal, variables }) => {
    try {
      return await run(file, args, { signal, env: { PATH, LC_ALL: "C", ...variables } });
    } catch (error) {
      throw explained(file, error);
    }
  };
}

function explained(file: string, error: unknown): unknown {
  if (isCiloError(error, "COMMAND_NOT_FOUND"))
    return new CiloError(NetworkCode.tunnelUnavailable, `${file}, which tunnels need, is not installed`, {
      cause: error,
      hint: `Install ${packagesOf.get(file) ?? file}`,
    });
  if (saysOf(error, /Operation not permitted|Permission denied/u))
    return new CiloError(NetworkCode.tunnelRefused, "the system does not let this user change network interfaces", {
      cause: error,
      hint: "Run it as root",
    });
  if (saysOf(error, /No such device|Cannot find device|does not exist/u))
    return new CiloError(NetworkCode.tunnelMissing, "there is no such interface", { cause: error });
  return error;
}

const packagesOf = new Map([
  ["wg", "wireguard-tools"],
  ["ip", "iproute2"],
]);

/** True when it is a program's failure and its last lines say so. */
export function saysOf(error: unknown, what: RegExp): error is CiloError {
  return isCiloError(error, "COMMAND_FAILED") && what.test(error.message);
}
