import type { ApplyResult } from "../apply.ts";
import type { UpRequest } from "../environments.ts";
import type { UpMode } from "../up.ts";
import type { Work } from "../work.ts";
import { tellRequirements } from "./requirements.ts";
import { runSteps } from "./steps.ts";
import { saveEntered } from "./stored.ts";

/**
 * What an environment with a workbench does once it runs: remembers how it is entered, and runs what is left of the
 * project's commands. @returns whether any ran
 * @throws CiloError `LIFECYCLE_COMMAND_FAILED`
 */
export async function runWorkbench(
  work: Work,
  { located, isolated, request }: ApplyResult & { readonly request: UpRequest & UpMode },
): Promise<boolean> {
  const { workbench, composeProject } = isolated;
  if (workbench === undefined) return false;
  await saveEntered(located.paths, workbench);
  if (request.startNothing) return false;
  tellRequirements(work, workbench);
  return await runSteps(work, {
    located,
    workbench,
    composeProject,
    waitForAll: request.wait,
    silenceMs: request.timeoutMs,
  });
}
