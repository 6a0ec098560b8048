import { isCiloError } from "@cilo/base";
import { EngineCode, type Runtime } from "@cilo/engine";
import { once } from "./once.ts";

/**
 * The engine for environments whose project and user name none: Docker, unless it does not answer and Podman does. Who
 * points at a Docker engine by variable means that one. Asked once.
 */
export function createDefaultRuntime(
  { docker, podman }: { readonly docker: Runtime; readonly podman: Runtime },
  env: Readonly<Record<string, string | undefined>>,
): (options: { readonly signal: AbortSignal }) => Promise<string> {
  const choose = async (options: { readonly signal: AbortSignal }): Promise<string> => {
    const isChosen = Boolean(env["DOCKER_HOST"] || env["DOCKER_CONTEXT"]);
    if (isChosen || (await answers(docker, options)) || !(await answers(podman, options))) return docker.name;
    return podman.name;
  };
  let chosen: (() => Promise<string>) | undefined;
  return async (options) => await (chosen ??= once(async () => await choose(options)))();
}

/** A project that nobody has: what is asked does not matter. */
const NOBODY = { composeProject: "cilo-nobody" };

async function answers(runtime: Runtime, options: { readonly signal: AbortSignal }): Promise<boolean> {
  try {
    await runtime.status(NOBODY, options);
    return true;
  } catch (error) {
    if (isCiloError(error, EngineCode.engineMissing, EngineCode.engineUnreachable)) return false;
    throw error;
  }
}
