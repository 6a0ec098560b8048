import { CiloError } from "@cilo/base";
import { EngineCode } from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { entranceTo } from "./workbench.ts";

/**
 * The address at which Visual Studio Code attaches to a container; it reads the rest (user, extensions, settings) from
 * the container's label.
 * @throws CiloError `ENVIRONMENT_NOT_FOUND`, `SERVICE_NOT_FOUND`, `SERVICE_NOT_RUNNING`
 */
export async function editorUrl(
  context: CiloContext,
  environment: string,
  named: string | undefined,
): Promise<{ readonly service: string; readonly url: string }> {
  const { service, workbench, runtime, target } = await entranceTo(context, environment, named ?? "dev");
  const { composeProject } = target;
  const { environments } = await runtime.status({ composeProject }, { signal: context.signal });
  const container = environments.get(composeProject)?.find((one) => one.service === service && one.state === "running");
  if (container === undefined)
    throw new CiloError(EngineCode.serviceNotRunning, `${service} of ${environment} is not running`, {
      hint: `Start it: cilo up ${environment}`,
    });
  const attached = Buffer.from(JSON.stringify({ containerName: `/${container.containerName}` })).toString("hex");
  const folder = (workbench?.folder ?? "/").split("/").map(encodeURIComponent).join("/");
  return { service, url: `vscode://vscode-remote/attached-container+${attached}${folder}` };
}
