import { CiloError, isCiloError, run } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { OperationContext } from "./environments.ts";
import type { Hook } from "./hook-consent.ts";

/**
 * Runs an allowed hook in the workspace. A hook is a command line of the project's author that the user has read and
 * allowed, so it is the one thing that a shell may interpret.
 *
 * @throws CiloError `HOOK_FAILED` with its status and last lines
 */
export async function runHook(
  hook: Hook,
  place: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
  context: OperationContext,
): Promise<void> {
  try {
    await run("/bin/sh", ["-c", hook.command], {
      cwd: place.folder,
      env: place.env,
      signal: context.signal,
      onLine: (line) => context.onEvent({ kind: "engine", line }),
    });
  } catch (cause) {
    if (!isCiloError(cause)) throw cause;
    throw new CiloError(EngineCode.hookFailed, `the init hook failed: ${hook.command}: ${cause.message}`, {
      cause,
      hint: "Run it by hand in the project to see why; it is env.init_hook in .cilo/config.yml",
    });
  }
}
